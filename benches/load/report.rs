//! What was measured: as a table, as JSON, and as a picture.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path, time::Duration};

use charts_rs::{BarChart, Color, Series};
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

/// From a press to its message, for each scenario.
fn picture(outcomes: &[&Outcome]) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a bar is drawn in pixels")]
    let series = |name: &str, part: usize| {
        Series::new(name.to_owned(), outcomes.iter().map(|one| at(&one.shown, part) as f32).collect())
    };
    let mut chart = BarChart::new(
        vec![series("median", 500), series("99th percentile", 990)],
        outcomes.iter().map(|one| one.name.clone()).collect(),
    );
    (chart.width, chart.height) = (1200.0, 480.0);
    chart.background_color = Color { r: 255, g: 255, b: 255, a: 255 };
    chart.margin = 24.0.into();
    "From a press to its message, in milliseconds".clone_into(&mut chart.title.text);
    chart.svg().expect("a picture")
}

/// The machine that it was measured on.
pub(crate) fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, {}, Linux {}", name.trim_start_matches([' ', '\t', ':']), kernel.trim())
}
