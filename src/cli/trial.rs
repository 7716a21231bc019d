//! `bapsang check --online` and `bapsang eval`: recommenders on trial.

use std::{process::ExitCode, time::Duration};

use tokio::time::Instant;

use super::{
    Failure, exit, house,
    progress::{Shown, until_asked},
    say,
};
use crate::{
    recommender::{
        Model, Reading, Recommender, Reporter,
        eval::{self, Outcome, Verdict},
    },
    settings::{LinkOptions, Settings},
    store::Progress,
    ticket::Ticket,
};

/// Asks every model of the chain for one dish, and says what came.
pub(super) async fn check(settings: &Settings) -> Result<ExitCode, Failure> {
    let mut sound = true;
    for link in &settings.chain {
        match link {
            LinkOptions::Cookbook => say("  cookbook   built in"),
            LinkOptions::Keyless(name, variable) => say(&format!("  {name}   passed over: {variable} is not set")),
            LinkOptions::Model(options) => {
                say(&format!("  {}   asking {} at {} …", options.name, options.model, options.base_url));
                sound &= try_once(&house::model(options)?).await?;
            }
        }
    }
    if sound { Ok(ExitCode::SUCCESS) } else { Err(Failure(exit::NOT_PASSED, "a model did not pass".to_owned())) }
}

async fn try_once(model: &Model) -> Result<bool, Failure> {
    let cases = eval::cases().map_err(|error| Failure(exit::FAILED, error.to_string()))?;
    let case = cases.into_iter().find(|case| case.about == "nothing chosen");
    let Some(case) = case else { return Err(Failure(exit::FAILED, "there is nothing to ask".to_owned())) };
    let (reporter, progress) = Reporter::new();
    drop(progress);
    let started = Instant::now();
    let tried = model.try_once(&case.request(0), &reporter).await;
    let (took, usage) = (started.elapsed(), reporter.spent());
    let tokens = format!(
        "{} read, {} written{}",
        usage.tokens_in,
        usage.tokens_out,
        if usage.estimated { " (estimated: the server does not say)" } else { "" }
    );
    let trial = match tried {
        Ok(trial) => trial,
        Err(error) => {
            say(&format!("    failed       after {}: {error}", seconds(took)));
            return Ok(false);
        }
    };
    say(&format!("    capability   {}", model.ability().format()));
    say(&format!("    first token  {}", seconds(trial.first_token)));
    say(&format!("    in all       {}", seconds(took)));
    say(&format!("    tokens       {tokens}"));
    let (passed, said) = match &trial.reading {
        Reading::Dish(dish) => (true, format!("passed: {} ({})", dish.names.ko, dish.names.en)),
        Reading::Declined => (false, "the model declined".to_owned()),
        Reading::Complaints(complaints) => (false, format!("not passed: {}", complaints.join("; "))),
    };
    say(&format!("    checks       {said}"));
    Ok(passed)
}

/// Asks one recommender for all the dishes of the evaluation, and prints what the checks say.
///
/// It begins with request `from`, counted from 1, and can be stopped.
pub(super) async fn eval(settings: &Settings, name: &str, from: u32) -> Result<ExitCode, Failure> {
    let recommender = recommender(settings, name)?;
    let cases = eval::cases().map_err(|error| Failure(exit::FAILED, error.to_string()))?;
    say(&format!(
        "{:<44} {:<4} {:<5} {:<7} {:<9} {:<8} {:<8} {:<7} seconds",
        "request", "ok", "fits", "amounts", "forbidden", "repeated", "declined", "repairs"
    ));
    let (stop, shown, of) = (until_asked()?, Shown::new(), cases.len() as u64);
    let mut verdicts = Vec::new();
    let left = (0..).zip(&cases).skip_while(|(seed, _)| seed + 1 < u64::from(from));
    for (seed, case) in left {
        shown.advance(Progress { what: "requests", done: seed, of });
        let ticket = Ticket::of_the_house();
        let asked = eval::ask(&*recommender, case, &ticket, seed);
        let Some(outcome) = stop.run_until_cancelled(asked).await else {
            shown.end();
            say(&summary(&verdicts));
            let sentence = format!("stopped: bapsang eval {name} --from {} goes on", seed + 1);
            return Err(Failure(exit::INTERRUPTED, sentence));
        };
        let verdict = eval::judge(case, &outcome);
        shown.say(&row(&case.about, &verdict, &outcome));
        if let Err(error) = &outcome.served
            && !verdict.passes()
        {
            shown.say(&format!("    {error}"));
        }
        for flaw in &verdict.flaws {
            shown.say(&format!("    {flaw}"));
        }
        verdicts.push((verdict, outcome));
    }
    shown.end();
    say(&summary(&verdicts));
    let passed = verdicts.iter().all(|(verdict, _)| verdict.passes());
    if passed { Ok(ExitCode::SUCCESS) } else { Err(Failure(exit::NOT_PASSED, format!("{name} did not pass"))) }
}

fn recommender(settings: &Settings, name: &str) -> Result<Box<dyn Recommender>, Failure> {
    if name == "cookbook" {
        return Ok(Box::new(house::cookbook(settings)?));
    }
    let wrong = |sentence: String| Err(Failure(exit::SETTINGS, sentence));
    let links = settings.chain.iter().map(|link| match link {
        LinkOptions::Model(options) if options.name == name => Some(Ok(options)),
        LinkOptions::Keyless(known, variable) if known == name => Some(Err(variable)),
        _ => None,
    });
    match links.flatten().next() {
        Some(Ok(options)) => Ok(Box::new(house::model(options)?)),
        Some(Err(variable)) => wrong(format!("recommender.{name} needs {variable}")),
        None => wrong(format!("recommender.chain does not list {name}")),
    }
}

fn row(about: &str, verdict: &Verdict, outcome: &Outcome) -> String {
    let mark = |so: bool| if so { "yes" } else { "-" };
    let served = outcome.served.is_ok();
    format!(
        "{about:<44} {:<4} {:<5} {:<7} {:<9} {:<8} {:<8} {:<7} {}",
        if verdict.passes() { "ok" } else { "NO" },
        mark(served && verdict.fits),
        mark(served && verdict.flaws.is_empty()),
        mark(verdict.forbidden),
        mark(verdict.repeated),
        mark(verdict.declined),
        verdict.repairs,
        seconds(outcome.took),
    )
}

fn summary(verdicts: &[(Verdict, Outcome)]) -> String {
    let count = |is: fn(&Verdict) -> bool| verdicts.iter().filter(|(verdict, _)| is(verdict)).count();
    let mut times: Vec<Duration> = verdicts.iter().map(|(_, outcome)| outcome.took).collect();
    times.sort_unstable();
    let at = |part: usize| times.get(times.len().saturating_sub(1) * part / 100).copied().unwrap_or_default();
    let (read, written) = verdicts.iter().fold((0, 0), |(read, written), (_, outcome)| {
        (read + outcome.usage.tokens_in, written + outcome.usage.tokens_out)
    });
    let repairs: u32 = verdicts.iter().map(|(verdict, _)| verdict.repairs).sum();
    format!(
        "\n{} of {} passed; {} with a forbidden ingredient, {} repeated, {} declined, {repairs} repairs\n\
         median {}, 99th percentile {}; {read} tokens read, {written} written",
        count(Verdict::passes),
        verdicts.len(),
        count(|verdict| verdict.forbidden),
        count(|verdict| verdict.repeated),
        count(|verdict| verdict.declined),
        seconds(at(50)),
        seconds(at(99)),
    )
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}
