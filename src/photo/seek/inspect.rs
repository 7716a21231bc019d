//! A look at what a source answers, for whoever mends it. Nothing is counted, and nothing is kept.

use std::sync::Arc;

use tokio::sync::Semaphore;
use url::Url;

use super::{
    Setup,
    ask::{NoPicture, ask, credit, fetch, judge},
    folder::in_folder,
};
use crate::{
    chat::Credit,
    dish::Names,
    photo::{
        develop::Developed,
        net::Answer,
        source::{Candidate, Judgement, Reading, Source, Verdict},
    },
};

/// What a source answers, in all detail; for whoever mends it.
pub struct Inspection {
    /// What came, if anything did.
    pub answer: Option<Answer>,
    /// How it was read.
    pub reading: Reading,
    /// What is thought of each candidate, the best first.
    pub judged: Vec<(Candidate, Judgement)>,
    /// What became of the pictures that were fetched, in that order.
    pub picked: Vec<Picked>,
}

/// One picture that was fetched.
pub struct Picked {
    /// Where it is.
    pub url: Url,
    /// The picture, or why it was not taken.
    pub came: Result<Developed, NoPicture>,
    /// What would be said under it.
    pub credit: Option<Credit>,
}

impl Setup {
    /// Asks one source and fetches its best pictures, without counting it and without keeping anything.
    pub async fn inspect(&self, source: &Arc<Source>, names: &Names) -> Inspection {
        let (setup, developing) = (self, Arc::new(Semaphore::new(1)));
        let nothing = |verdict| Inspection {
            answer: None,
            reading: Reading::nothing(verdict),
            judged: Vec::new(),
            picked: Vec::new(),
        };
        if let Some(folder) = source.folder() {
            return match in_folder(source, names, &developing).await {
                Ok(Some((developed, credit))) => {
                    let url = Url::from_directory_path(std::path::absolute(&folder).unwrap_or_default());
                    let picked = url.map(|url| Picked { url, came: Ok(developed), credit });
                    Inspection { picked: picked.into_iter().collect(), ..nothing(Verdict::Ok) }
                }
                Ok(None) => nothing(Verdict::Empty),
                Err(error) => nothing(Verdict::Error(error.to_string())),
            };
        }
        let Some(request) = source.request(names) else { return nothing(Verdict::Empty) };
        let (answer, mut reading) = ask(setup, source, request, &developing).await;
        let judged = judge(setup, source, names, std::mem::take(&mut reading.candidates));
        let mut picked = Vec::new();
        for (candidate, _) in judged.iter().filter(|(_, judged)| judged.score >= Some(setup.least_score)) {
            for url in &candidate.images {
                let came = fetch(setup, url, candidate.page.as_ref(), &developing).await;
                let known = match source.details_request(names, candidate) {
                    None => Some(candidate.clone()),
                    Some(request) => {
                        let answer = setup.net.get(&request).await.ok();
                        answer.and_then(|answer| source.read_details(&answer, candidate.clone()))
                    }
                };
                picked.push(Picked { url: url.clone(), came, credit: known.and_then(|known| credit(source, known)) });
                if picked.last().is_some_and(|picked| picked.came.is_ok()) || picked.len() >= setup.fetches {
                    return Inspection { answer, reading, judged, picked };
                }
            }
        }
        Inspection { answer, reading, judged, picked }
    }

    /// Reads an answer that was saved, and judges what it offers.
    pub fn replay(&self, source: &Source, answer: &Answer, names: &Names) -> (Reading, Vec<(Candidate, Judgement)>) {
        let mut reading = source.read(answer);
        let judged = judge(self, source, names, std::mem::take(&mut reading.candidates));
        (reading, judged)
    }
}
