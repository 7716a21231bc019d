//! What the search works with: everything that the settings say of it, made ready.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use secrecy::SecretString;

use crate::photo::{
    net::{Net, OpenError},
    source::{Source, SourceOptions, Words},
};

/// `photos.*` of the settings.
#[derive(Debug, Clone)]
pub struct PhotoOptions {
    /// Whether photos are looked for.
    pub enabled: bool,
    /// Who runs the bot.
    pub contact: Option<String>,
    /// The sources in their order, by name.
    pub sources: Vec<(String, SourceOptions)>,
    /// Sources whose tables do not read, and why.
    pub broken: Vec<(String, String)>,
    /// The keys of sources that are set, by variable.
    pub keys: BTreeMap<String, SecretString>,
    /// How long a dish waits for its photo, from when its name is known.
    pub budget: Duration,
    /// How long after that a photo may still come.
    pub late: Duration,
    /// When the next source is asked as well.
    pub hedge: Duration,
    /// Pictures that are fetched for a dish.
    pub fetches: usize,
    /// What a picture must reach, of 0 to 1.
    pub least_score: f64,
    /// How long it is remembered that there is none.
    pub nothing: Duration,
    /// Addresses that are open although they are not public.
    pub allow: Vec<SocketAddr>,
    /// What speaks for and against a picture.
    pub words: Words,
}

/// Why a source is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idle {
    /// The settings say so.
    Off,
    /// These variables are not set.
    Keyless(Vec<String>),
    /// Something of it does not compile.
    Broken(String),
}

/// The search made ready.
#[derive(Debug)]
pub struct Setup {
    pub(super) sources: Vec<Arc<Source>>,
    /// Sources that are not asked, in their order.
    pub idle: Vec<(String, Idle)>,
    pub(super) net: Net,
    pub(super) words: Words,
    pub(super) budget: Duration,
    pub(super) late: Duration,
    pub(super) hedge: Duration,
    pub(super) fetches: usize,
    pub(super) least_score: f64,
    pub(super) nothing: Duration,
}

impl Setup {
    /// Compiles the sources. One that does not compile is left out, and named in `idle`.
    pub fn new(options: &PhotoOptions) -> Result<Self, OpenError> {
        Ok(Self::with_net(options, Net::new(options.contact.as_deref(), options.allow.clone())?))
    }

    /// The same with a way out of one's own.
    pub fn with_net(options: &PhotoOptions, net: Net) -> Self {
        let broken = options.broken.iter().map(|(name, error)| (name.clone(), Idle::Broken(error.clone())));
        let (mut sources, mut idle) = (Vec::new(), broken.filter(|_| options.enabled).collect::<Vec<_>>());
        for (name, source) in options.sources.iter().filter(|_| options.enabled) {
            let missing: Vec<String> =
                source.keys.iter().filter(|key| !options.keys.contains_key(*key)).cloned().collect();
            let key = |name: &str| options.keys.get(name).cloned();
            if !source.enabled {
                idle.push((name.clone(), Idle::Off));
            } else if !missing.is_empty() {
                idle.push((name.clone(), Idle::Keyless(missing)));
            } else {
                let compiled = Source::compile(name, source, options.contact.is_some(), key);
                match compiled.and_then(|source| source.may_be_asked(&net).map(|()| source)) {
                    Ok(source) => sources.push(Arc::new(source)),
                    Err(error) => idle.push((name.clone(), Idle::Broken(error))),
                }
            }
        }
        Self {
            sources,
            idle,
            net,
            words: options.words.clone(),
            budget: options.budget,
            late: options.late,
            hedge: options.hedge,
            fetches: options.fetches,
            least_score: options.least_score,
            nothing: options.nothing,
        }
    }

    /// The sources that are asked, in their order.
    pub fn sources(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// Whether anybody is asked at all.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }
}
