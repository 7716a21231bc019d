//! What was measured: as a table, as JSON, and as a picture.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, time::Duration};

use serde::Serialize;
use serde_json::{Value, json};

/// What came of one scenario.
#[derive(Debug, Default, Clone)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) people: i64,
    pub(crate) seconds: f64,
    /// Updates that were confirmed, messages that were sent or changed, calls that were refused with 429.
    pub(crate) updates: u64,
    pub(crate) sent: u64,
    pub(crate) refused: u64,
    /// From a press to the answer of its callback, and to the message that it led to.
    pub(crate) answered: Vec<Duration>,
    pub(crate) shown: Vec<Duration>,
    /// From a confirmation to the whole dish.
    pub(crate) dishes: Vec<Duration>,
    pub(crate) pictures: u64,
    /// Sentences in the place of a dish.
    pub(crate) without: BTreeMap<String, u64>,
    /// People who got no answer at all.
    pub(crate) silent: u64,
    /// Seconds of processor time of the programs, and of the generator.
    pub(crate) cpu: f64,
    pub(crate) own: f64,
    /// Megabytes at the end, and at most.
    pub(crate) memory: f64,
    pub(crate) peak: f64,
    /// What else there is to say.
    pub(crate) notes: Vec<String>,
}

/// A number of the kind that a target is about.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// The smallest and the largest of several runs.
    pub(crate) spread: (f64, f64),
    pub(crate) target: String,
    pub(crate) met: bool,
}

/// Milliseconds at this part of a thousand.
pub(crate) fn at(times: &[Duration], part: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort_unstable();
    let Some(last) = times.len().checked_sub(1) else { return 0.0 };
    times[(times.len() * part / 1000).min(last)].as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below what a float holds exactly")]
pub(crate) fn number(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or_default() as f64
}

impl Outcome {
    pub(crate) fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    pub(crate) fn noting(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(crate) fn updates_a_second(&self) -> f64 {
        number(self.updates) / self.seconds
    }

    pub(crate) fn dishes_a_second(&self) -> f64 {
        number(self.dishes.len()) / self.seconds
    }

    /// Milliseconds of processor time for each update.
    pub(crate) fn cpu_per_update(&self) -> f64 {
        self.cpu * 1000.0 / number(self.updates.max(1))
    }

    fn json(&self) -> Value {
        let times = |times: &[Duration]| json!({"count": times.len(), "p50_ms": at(times, 500), "p99_ms": at(times, 990), "max_ms": at(times, 1000)});
        json!({
            "name": self.name, "people": self.people, "seconds": self.seconds, "updates": self.updates,
            "updates_a_second": self.updates_a_second(), "messages": self.sent, "refused_429": self.refused,
            "callback_answered": times(&self.answered), "press_shown": times(&self.shown), "order_to_dish": times(&self.dishes),
            "dishes_a_second": self.dishes_a_second(), "with_picture": self.pictures, "without_dish": self.without,
            "silent": self.silent, "cpu_seconds": self.cpu, "cpu_ms_per_update": self.cpu_per_update(),
            "generator_cpu_seconds": self.own, "memory_mb": self.memory, "peak_mb": self.peak, "notes": self.notes,
        })
    }
}

const HEAD: &str = "\
| scenario | people | s | updates/s | press→message p50, p99, max ms | dishes (with picture) | order→dish p50, p99, max ms | other ends | silent | 429 | CPU ms/update | CPU service, generator | MB (most) |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// A table for people and for Markdown.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let mut table = HEAD.to_owned();
    for one in outcomes {
        let three = |times: &[Duration]| {
            if times.is_empty() {
                return "–".to_owned();
            }
            format!("{:.1}, {:.1}, {:.1}", at(times, 500), at(times, 990), at(times, 1000))
        };
        let other: u64 = one.without.values().sum();
        let _ = writeln!(
            table,
            "| {} | {} | {:.1} | {:.0} | {} | {} ({}) | {} | {other} | {} | {} | {:.3} | {:.0} %, {:.0} % | {:.0} ({:.0}) |",
            one.name,
            one.people,
            one.seconds,
            one.updates_a_second(),
            three(&one.shown),
            one.dishes.len(),
            one.pictures,
            three(&one.dishes),
            one.silent,
            one.refused,
            one.cpu_per_update(),
            one.cpu * 100.0 / one.seconds,
            one.own * 100.0 / one.seconds,
            one.memory,
            one.peak,
        );
    }
    for one in outcomes {
        for (why, count) in &one.without {
            let _ = writeln!(table, "\n{}: {count} × {why}", one.name);
        }
        for note in &one.notes {
            let _ = writeln!(table, "\n{}: {note}", one.name);
        }
    }
    table
}

/// Figures against their targets.
pub(crate) fn figures(figures: &[Figure]) -> String {
    let mut table = String::from("| what | measured | spread | target | |\n|---|---|---|---|---|\n");
    for one in figures {
        let met = if one.met { "met" } else { "**missed**" };
        let (low, high) = one.spread;
        let _ = writeln!(
            table,
            "| {} | {:.2} {} | {low:.2}–{high:.2} | {} | {met} |",
            one.name, one.value, one.unit, one.target
        );
    }
    table
}

/// Writes the same as JSON and as a picture into this folder.
pub(crate) fn write(folder: &Path, name: &str, outcomes: &[Outcome], measured: &[Figure]) {
    fs::create_dir_all(folder).expect("a folder");
    let all: Vec<Value> = outcomes.iter().map(Outcome::json).collect();
    let json = json!({"machine": machine(), "scenarios": all, "figures": measured});
    let text = serde_json::to_string_pretty(&json).expect("JSON");
    fs::write(folder.join(format!("{name}.json")), text).expect("a file");
    let with_presses: Vec<&Outcome> = outcomes.iter().filter(|one| !one.shown.is_empty()).collect();
    if !with_presses.is_empty() {
        fs::write(folder.join(format!("{name}.svg")), picture(&with_presses)).expect("a file");
    }
}

/// The width of the picture, and of what stands beside the bars, in pixels.
const WIDTH: f64 = 920.0;
const LEFT: f64 = 220.0;
const RIGHT: f64 = 60.0;
const ROW: f64 = 34.0;
const TOP: f64 = 64.0;

/// From a press to its message, for each scenario: bars on a scale on which each line is ten times the one before.
fn picture(outcomes: &[&Outcome]) -> String {
    let x = |milliseconds: f64| LEFT + (WIDTH - LEFT - RIGHT) * milliseconds.clamp(1.0, 10_000.0).log10() / 4.0;
    let height = TOP + ROW * number(outcomes.len()) + 40.0;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="14">
<rect width="100%" height="100%" fill="#fff"/>
<text x="16" y="28" font-size="18">From a press to its message, in milliseconds: median, and 99th percentile above it</text>
"##
    );
    for line in [1.0, 10.0, 100.0, 1_000.0, 10_000.0] {
        let (at, bottom) = (x(line), height - 34.0);
        let _ = writeln!(svg, r##"<path d="M{at:.0} {}V{bottom}" stroke="#ddd"/>"##, TOP - 12.0);
        let _ = writeln!(svg, r#"<text x="{at:.0}" y="{}" text-anchor="middle">{line}</text>"#, height - 14.0);
    }
    for (row, one) in outcomes.iter().enumerate() {
        let y = TOP + ROW * number(row);
        let name = one.name.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(svg, r#"<text x="{}" y="{}" text-anchor="end">{name}</text>"#, LEFT - 10.0, y + 14.0);
        for (part, colour, down) in [(990, "#e8a87c", 0.0), (500, "#41778f", 10.0)] {
            let milliseconds = at(&one.shown, part);
            let (end, y) = (x(milliseconds), y + down);
            let _ = writeln!(
                svg,
                r#"<rect x="{LEFT}" y="{y}" width="{:.0}" height="9" fill="{colour}"/><text x="{:.0}" y="{}" font-size="11">{milliseconds:.0}</text>"#,
                end - LEFT,
                end + 6.0,
                y + 9.0
            );
        }
    }
    svg + "</svg>\n"
}

/// The machine that it was measured on.
pub(crate) fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, {}, Linux {}", name.trim_start_matches([' ', '\t', ':']), kernel.trim())
}
