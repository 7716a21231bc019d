//! A dish on a tray, seen from above, drawn after what it is by the five choices.

use std::fmt::Write;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::order::{Cuisine, Filters, MainIngredient, Method};

/// The radius of the tray; everything is drawn around 0, 0 and nothing lies farther out than this and a shadow.
pub(super) const RADIUS: f32 = 300.0;

/// The colours of a cuisine.
pub(super) struct Palette {
    /// Behind everything.
    pub(super) paper: &'static str,
    /// A shape on the paper.
    pub(super) shade: &'static str,
    /// For what stands out.
    pub(super) accent: &'static str,
    /// For words.
    pub(super) ink: &'static str,
    tray: &'static str,
    tray_edge: &'static str,
}

/// The colours for a cuisine; Korean where it is not known.
pub(super) fn palette(cuisine: Option<Cuisine>) -> Palette {
    match cuisine {
        None | Some(Cuisine::Korean) => Palette {
            paper: "#f7f0e4",
            shade: "#ecdfc9",
            accent: "#b5402a",
            ink: "#3a2a22",
            tray: "#8d5b3a",
            tray_edge: "#6f4429",
        },
        Some(Cuisine::Japanese) => Palette {
            paper: "#eef1f3",
            shade: "#dbe3ea",
            accent: "#2f4d7e",
            ink: "#23303f",
            tray: "#3d4047",
            tray_edge: "#2a2c31",
        },
        Some(Cuisine::Chinese) => Palette {
            paper: "#fbeee2",
            shade: "#f3d9c4",
            accent: "#c5332a",
            ink: "#43211a",
            tray: "#8c3a28",
            tray_edge: "#6b2818",
        },
        Some(Cuisine::Western) => Palette {
            paper: "#f2f4ea",
            shade: "#e0e6d0",
            accent: "#56773a",
            ink: "#2d3524",
            tray: "#cfae82",
            tray_edge: "#b08e61",
        },
    }
}

/// What pieces of a main ingredient look like.
fn pieces_of(main: Option<MainIngredient>) -> [&'static str; 4] {
    match main {
        Some(MainIngredient::Beef) => ["#7a3e2a", "#8e4a31", "#6b3323", "#a05c3d"],
        Some(MainIngredient::Pork) => ["#c9785a", "#d98b6b", "#b5634a", "#e3a284"],
        Some(MainIngredient::Chicken) => ["#e0ae5c", "#d2963f", "#efc880", "#c98733"],
        Some(MainIngredient::Seafood) => ["#f0957a", "#f8dfd3", "#e57f63", "#fbeae1"],
        Some(MainIngredient::Vegetables) => ["#6fa34b", "#8cbf5a", "#e08a3c", "#4f8a3d"],
        Some(MainIngredient::Mushrooms) => ["#c7ab88", "#a98862", "#e3d2b8", "#8d6d4b"],
        Some(MainIngredient::Fruit) => ["#e4574b", "#f3b440", "#9cc45c", "#f27f6a"],
        None => ["#e0ae5c", "#6fa34b", "#d9634a", "#f2e3c4"],
    }
}

fn broth_of(main: Option<MainIngredient>) -> &'static str {
    match main {
        Some(MainIngredient::Beef) => "#a3623a",
        Some(MainIngredient::Pork) => "#c8492d",
        Some(MainIngredient::Chicken) => "#ecd9a2",
        Some(MainIngredient::Seafood) => "#d9603a",
        Some(MainIngredient::Mushrooms) => "#a87a4c",
        Some(MainIngredient::Fruit) => "#ee9a8d",
        Some(MainIngredient::Vegetables) | None => "#bf9a4e",
    }
}

/// A drawing in the making.
struct Drawing {
    svg: String,
    chance: StdRng,
}

/// The tray with the dish on it; the same seed gives the same.
pub(super) fn draw(kind: &Filters, seed: u64) -> String {
    let mut drawing = Drawing { svg: String::new(), chance: StdRng::seed_from_u64(seed) };
    drawing.tray(&palette(kind.cuisine));
    drawing.sides(kind.cuisine);
    drawing.cutlery(kind.cuisine);
    drawing.open("translate(-35 45)");
    drawing.dish(kind);
    drawing.close();
    drawing.svg
}

impl Drawing {
    fn add(&mut self, shape: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.svg.write_fmt(shape);
    }

    fn open(&mut self, transform: &str) {
        self.add(format_args!(r#"<g transform="{transform}">"#));
    }

    fn close(&mut self) {
        self.svg.push_str("</g>");
    }

    fn circle(&mut self, x: f32, y: f32, radius: f32, fill: &str) {
        self.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" fill="{fill}"/>"#));
    }

    fn ring(&mut self, x: f32, y: f32, radius: f32, stroke: &str, thick: f32) {
        self.add(format_args!(
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" fill="none" stroke="{stroke}" stroke-width="{thick:.1}"/>"#
        ));
    }

    fn shadow(&mut self, x: f32, y: f32, radius: f32) {
        self.add(format_args!(
            r##"<circle cx="{:.1}" cy="{:.1}" r="{radius:.1}" fill="#2a1a10" fill-opacity="0.22"/>"##,
            x + 8.0,
            y + 14.0
        ));
    }

    fn between(&mut self, least: f32, most: f32) -> f32 {
        self.chance.random_range(least..most)
    }

    fn one_of(&mut self, colours: &[&'static str]) -> &'static str {
        let index = self.chance.random_range(0..colours.len().max(1));
        colours.get(index).copied().unwrap_or("#888888")
    }

    /// Places spread evenly over a disc, each a little aside.
    fn spread(&mut self, count: u16, radius: f32) -> Vec<(f32, f32)> {
        let place = |drawing: &mut Self, index: u16| {
            let (at, of) = (f32::from(index) + 0.5, f32::from(count));
            let (distance, angle) = (radius * (at / of).sqrt(), at * 2.399_963);
            let aside = radius / of.sqrt() * 0.5;
            let (dx, dy) = (drawing.between(-aside, aside), drawing.between(-aside, aside));
            (distance * angle.cos() + dx, distance * angle.sin() + dy)
        };
        (0..count).map(|index| place(self, index)).collect()
    }

    fn tray(&mut self, palette: &Palette) {
        self.circle(10.0, 22.0, RADIUS, "#2a1a102e");
        self.circle(0.0, 0.0, RADIUS, palette.tray_edge);
        self.circle(0.0, -4.0, RADIUS - 14.0, palette.tray);
        for radius in [80.0, 150.0, 215.0, 262.0] {
            self.ring(-30.0, 60.0, radius, "#ffffff0d", 3.0);
        }
        self.ring(0.0, -4.0, RADIUS - 26.0, "#ffffff1f", 3.0);
    }

    fn sides(&mut self, cuisine: Option<Cuisine>) {
        if let Some(Cuisine::Western) = cuisine {
            self.shadow(-165.0, -150.0, 62.0);
            self.circle(-165.0, -150.0, 62.0, "#fdfcf8");
            self.ring(-165.0, -150.0, 50.0, "#e6e2d6", 2.5);
            for (x, y) in [(-182.0, -160.0), (-150.0, -142.0)] {
                self.add(format_args!(
                    r##"<rect x="{:.1}" y="{:.1}" width="46" height="40" rx="16" fill="#d9a45c"/><rect x="{:.1}" y="{:.1}" width="34" height="28" rx="11" fill="#f3ddb0"/>"##,
                    x - 23.0, y - 20.0, x - 17.0, y - 14.0
                ));
            }
        } else {
            self.shadow(-160.0, -150.0, 70.0);
            self.circle(-160.0, -150.0, 70.0, "#f4f1ea");
            self.circle(-160.0, -150.0, 60.0, "#ffffff");
            for (x, y) in self.spread(46, 50.0) {
                let turn = self.between(0.0, 180.0);
                self.add(format_args!(
                    r##"<ellipse cx="{:.1}" cy="{:.1}" rx="6.5" ry="3.2" fill="#efeadd" transform="rotate({turn:.0} {:.1} {:.1})"/>"##,
                    x - 160.0, y - 150.0, x - 160.0, y - 150.0
                ));
            }
        }
        let (bowl, inside) = match cuisine {
            Some(Cuisine::Japanese) => ("#55606e", ["#f2d24b", "#e9c23a", "#f7e07a", "#e5b52f"]),
            Some(Cuisine::Chinese) => ("#f6efe2", ["#6fa34b", "#4f8a3d", "#8cbf5a", "#c5332a"]),
            Some(Cuisine::Western) => ("#f6f3ea", ["#6fa34b", "#8cbf5a", "#4f8a3d", "#e4574b"]),
            _ => ("#f6efe2", ["#d1422e", "#e0644a", "#b9311f", "#f2d9b8"]),
        };
        self.shadow(5.0, -208.0, 50.0);
        self.circle(5.0, -208.0, 50.0, bowl);
        self.circle(5.0, -208.0, 41.0, "#00000022");
        for (x, y) in self.spread(14, 30.0) {
            let (fill, turn) = (self.one_of(&inside), self.between(0.0, 180.0));
            self.add(format_args!(
                r#"<rect x="{:.1}" y="{:.1}" width="22" height="15" rx="5" fill="{fill}" transform="rotate({turn:.0} {:.1} {:.1})"/>"#,
                x - 6.0, y - 215.5, x + 5.0, y - 208.0
            ));
        }
    }

    fn cutlery(&mut self, cuisine: Option<Cuisine>) {
        self.open("translate(212 0) rotate(4)");
        match cuisine {
            Some(Cuisine::Western) => self.svg.push_str(
                r##"<g fill="#e9e9ec"><rect x="-26" y="-20" width="9" height="150" rx="4.5"/><path d="M-38 -120 v62 q0 26 12 34 h9 q12 -8 12 -34 v-62 h-6 v58 h-6 v-58 h-6 v58 h-6 v-58 z"/><rect x="22" y="-10" width="10" height="140" rx="5"/><path d="M22 -120 q16 20 14 112 h-14 z"/></g>"##,
            ),
            Some(Cuisine::Japanese | Cuisine::Chinese) => self.svg.push_str(
                r##"<g><path d="M-8 -150 l5 0 l6 300 l-15 0 z" fill="#b5533c"/><path d="M24 -150 l5 0 l6 300 l-15 0 z" fill="#b5533c"/><rect x="-20" y="112" width="64" height="18" rx="9" fill="#f3ece0"/></g>"##,
            ),
            _ => self.svg.push_str(
                r##"<g fill="#d9dade"><ellipse cx="-22" cy="-98" rx="22" ry="32"/><ellipse cx="-22" cy="-96" rx="14" ry="23" fill="#c3c5ca"/><path d="M-26 -68 h8 l3 210 q-7 8 -14 0 z"/><path d="M16 -128 h5 l4 272 q-6 5 -12 0 z"/><path d="M38 -128 h5 l4 272 q-6 5 -12 0 z"/></g>"##,
            ),
        }
        self.close();
    }

    fn dish(&mut self, kind: &Filters) {
        let pieces = pieces_of(kind.main_ingredient);
        match kind.method {
            Some(Method::Boiling) => self.pot(broth_of(kind.main_ingredient), &pieces),
            Some(Method::Mixing) => self.bowl_of_sectors(&pieces),
            Some(Method::Grilling) => self.pan(&pieces),
            Some(Method::Raw) => self.fan(&pieces),
            Some(Method::Tossing) => self.bowl_of_leaves(&pieces),
            Some(Method::DeepFrying) => self.plate(&["#dba043", "#e9b65c", "#c98a30", "#f0c877"], true),
            Some(Method::StirFrying) | None => self.plate(&pieces, false),
        }
    }

    fn heap(&mut self, colours: &[&'static str], count: u16, radius: f32, size: f32) {
        for (x, y) in self.spread(count, radius) {
            let (fill, turn) = (self.one_of(colours), self.between(0.0, 180.0));
            let (width, height) = (size * self.between(0.85, 1.25), size * self.between(0.5, 0.75));
            self.add(format_args!(
                r##"<g transform="translate({x:.1} {y:.1}) rotate({turn:.0})"><rect x="{:.1}" y="{:.1}" width="{width:.1}" height="{height:.1}" rx="{:.1}" fill="#000000" fill-opacity="0.16" transform="translate(3 5)"/><rect x="{:.1}" y="{:.1}" width="{width:.1}" height="{height:.1}" rx="{:.1}" fill="{fill}"/><rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" rx="3" fill="#ffffff" fill-opacity="0.20"/></g>"##,
                -width / 2.0, -height / 2.0, height / 2.4,
                -width / 2.0, -height / 2.0, height / 2.4,
                -width / 2.6, -height / 2.9, width / 1.9, height / 4.5
            ));
        }
    }

    /// Rings of spring onion and sesame seeds.
    fn garnish(&mut self, count: u16, radius: f32) {
        for (index, (x, y)) in self.spread(count, radius).into_iter().enumerate() {
            if index % 3 == 0 {
                self.ring(x, y, 7.0, "#5f9a45", 4.5);
            } else {
                let turn = self.between(0.0, 180.0);
                self.add(format_args!(
                    r##"<ellipse cx="{x:.1}" cy="{y:.1}" rx="5" ry="2.8" fill="#f7e7c4" transform="rotate({turn:.0} {x:.1} {y:.1})"/>"##
                ));
            }
        }
    }

    fn pot(&mut self, broth: &str, pieces: &[&'static str]) {
        self.shadow(0.0, 0.0, 186.0);
        self.svg.push_str(r##"<rect x="-214" y="-26" width="428" height="52" rx="24" fill="#33241d"/>"##);
        self.circle(0.0, 0.0, 186.0, "#3f2c23");
        self.circle(0.0, 0.0, 168.0, "#2c1e18");
        self.circle(0.0, 0.0, 156.0, broth);
        self.ring(-6.0, -6.0, 138.0, "#ffffff24", 8.0);
        self.heap(pieces, 18, 104.0, 50.0);
        self.heap(&["#f8f2e4", "#efe6d2"], 5, 92.0, 48.0);
        for (x, y) in self.spread(16, 140.0) {
            let radius = self.between(3.0, 8.0);
            self.ring(x, y, radius, "#ffffff80", 2.0);
        }
        self.garnish(20, 108.0);
    }

    fn plate(&mut self, pieces: &[&'static str], on_paper: bool) {
        self.shadow(0.0, 0.0, 190.0);
        self.circle(0.0, 0.0, 190.0, "#fdfcf8");
        self.ring(0.0, 0.0, 176.0, "#e4ded0", 3.0);
        self.ring(0.0, 0.0, 142.0, "#efeadf", 5.0);
        if on_paper {
            self.svg.push_str(
                r##"<g transform="rotate(12)"><rect x="-118" y="-118" width="236" height="236" rx="8" fill="#f2e6cf"/><path d="M-118 40 L40 -118" stroke="#e6d6b6" stroke-width="4"/></g>"##,
            );
            self.heap(pieces, 15, 92.0, 76.0);
            self.svg.push_str(
                r##"<g transform="translate(112 84)"><circle r="34" fill="#f5d84e"/><circle r="27" fill="#fbeb9a"/><path d="M0 -26 V26 M-23 -13 L23 13 M-23 13 L23 -13" stroke="#f5d84e" stroke-width="4"/></g>"##,
            );
        } else {
            self.heap(&["#8cbf5a", "#f2e3c4", "#e9d8a6"], 16, 112.0, 50.0);
            self.heap(pieces, 26, 104.0, 58.0);
        }
        self.garnish(24, 96.0);
    }

    fn pan(&mut self, pieces: &[&'static str]) {
        self.svg.push_str(
            r##"<g transform="rotate(38)"><rect x="150" y="-22" width="110" height="44" rx="20" fill="#2b2b2e"/></g>"##,
        );
        self.shadow(0.0, 0.0, 180.0);
        self.circle(0.0, 0.0, 180.0, "#2b2b2e");
        self.circle(0.0, 0.0, 162.0, "#3c3c41");
        for x in [-112.0_f32, -80.0, -48.0, -16.0, 16.0, 48.0, 80.0, 112.0] {
            let half = (150.0_f32.powi(2) - x.powi(2)).max(0.0).sqrt();
            self.add(format_args!(
                r##"<rect x="{:.1}" y="{:.1}" width="9" height="{:.1}" rx="4.5" fill="#2b2b2e"/>"##,
                x - 4.5,
                -half,
                2.0 * half
            ));
        }
        let first = pieces.first().copied().unwrap_or("#8e4a31");
        for (x, y, turn) in [(-58.0, -44.0, -18.0), (56.0, -30.0, 24.0), (-8.0, 66.0, 4.0)] {
            self.add(format_args!(
                r##"<g transform="translate({x} {y}) rotate({turn})"><ellipse cx="4" cy="8" rx="74" ry="46" fill="#000000" fill-opacity="0.3"/><ellipse rx="74" ry="46" fill="{first}"/><ellipse rx="62" ry="36" fill="#ffffff" fill-opacity="0.10"/><path d="M-50 -18 L-14 32 M-24 -36 L22 36 M6 -40 L48 22" stroke="#3a1d12" stroke-opacity="0.65" stroke-width="8" stroke-linecap="round"/></g>"##
            ));
        }
        self.garnish(18, 104.0);
    }

    fn fan(&mut self, pieces: &[&'static str]) {
        self.shadow(0.0, 0.0, 190.0);
        self.circle(0.0, 0.0, 190.0, "#41566b");
        self.circle(0.0, 0.0, 174.0, "#4f687f");
        self.ring(0.0, 0.0, 150.0, "#ffffff1f", 3.0);
        for index in 0..11_u8 {
            let turn = -100.0 + 20.0 * f32::from(index);
            let fill = pieces.get(usize::from(index) % 2).copied().unwrap_or("#f0957a");
            self.add(format_args!(
                r##"<g transform="rotate({turn:.0})"><ellipse cx="4" cy="-84" rx="28" ry="58" fill="#000000" fill-opacity="0.18"/><ellipse cx="0" cy="-88" rx="28" ry="58" fill="{fill}"/><path d="M-12 -124 q12 8 24 0 M-16 -98 q16 8 32 0 M-14 -72 q14 8 28 0" stroke="#ffffff" stroke-opacity="0.55" stroke-width="4" fill="none"/></g>"##
            ));
        }
        self.heap(&["#8cbf5a", "#6fa34b", "#b7d98a"], 12, 42.0, 40.0);
        self.circle(86.0, 104.0, 22.0, "#9cc45c");
        self.garnish(9, 60.0);
    }

    fn bowl_of_sectors(&mut self, pieces: &[&'static str]) {
        self.shadow(0.0, 0.0, 188.0);
        self.circle(0.0, 0.0, 188.0, "#b9893f");
        self.circle(0.0, 0.0, 172.0, "#d7ad62");
        self.circle(0.0, 0.0, 158.0, "#f7f1e2");
        let first = pieces.first().copied().unwrap_or("#8e4a31");
        let colours = [first, "#6fa34b", "#e08a3c", "#f2e3c4", "#7d5a3c", "#4f8a3d"];
        for (index, fill) in (0_u8..).zip(colours) {
            let turn = 60.0 * f32::from(index);
            self.add(format_args!(
                r#"<g transform="rotate({turn:.0})"><path d="M0 0 L-76 -132 A152 152 0 0 1 76 -132 Z" fill="{fill}"/>"#
            ));
            for _ in 0..9 {
                let (x, y, lean) = (self.between(-44.0, 44.0), self.between(-138.0, -76.0), self.between(-40.0, 40.0));
                self.add(format_args!(
                    r##"<rect x="{x:.1}" y="{y:.1}" width="7" height="34" rx="3.5" fill="#ffffff" fill-opacity="0.24" transform="rotate({lean:.0} {x:.1} {y:.1})"/>"##
                ));
            }
            self.close();
        }
        self.circle(0.0, 0.0, 62.0, "#fffdf6");
        self.circle(2.0, 0.0, 33.0, "#f4b73e");
        self.circle(-8.0, -10.0, 10.0, "#fbd98a");
        self.garnish(12, 54.0);
    }

    fn bowl_of_leaves(&mut self, pieces: &[&'static str]) {
        self.shadow(0.0, 0.0, 186.0);
        self.circle(0.0, 0.0, 186.0, "#a9c4b4");
        self.circle(0.0, 0.0, 172.0, "#bcd3c5");
        self.circle(0.0, 0.0, 152.0, "#8fae9d");
        for (x, y) in self.spread(46, 112.0) {
            let (turn, fill) = (self.between(0.0, 360.0), self.one_of(&["#5c9440", "#7db355", "#3f7a33", "#96c46b"]));
            self.add(format_args!(
                r#"<path d="M-36 0 Q0 -22 36 0 Q0 16 -36 0 Z" fill="{fill}" transform="translate({x:.1} {y:.1}) rotate({turn:.0})"/>"#
            ));
        }
        self.heap(pieces, 12, 92.0, 38.0);
        self.garnish(24, 100.0);
    }
}
