//! Recommenders in order: where one has no dish, the next one is asked.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::{Instant, timeout_at};

use super::{RecommendError, Recommender, Reporter, Request};
use crate::{
    dish::{Absence, Dish},
    ticket::Ticket,
};

/// What is left of an order's time for whoever stands in.
const LAST_MOMENT: Duration = Duration::from_secs(3);

/// One recommender of a chain.
pub struct Link {
    /// What the settings call it.
    pub name: String,
    /// Whether it costs money, and may fail where the cookbook does not.
    pub is_model: bool,
    /// Who is asked.
    pub recommender: Arc<dyn Recommender>,
}

/// Recommenders in order (`recommender.chain`). A dish of the cookbook behind a model stands in for it.
pub struct Chain {
    links: Vec<Link>,
    /// Models that an admin switched off.
    off: RwLock<HashSet<String>>,
}

impl Chain {
    /// A chain of these.
    pub fn new(links: Vec<Link>) -> Self {
        Self { links, off: RwLock::default() }
    }

    /// Asks these models no more, and all others again.
    pub fn switch_off(&self, names: HashSet<String>) {
        *self.off.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    fn is_off(&self, link: &Link) -> bool {
        link.is_model && self.off.read().unwrap_or_else(PoisonError::into_inner).contains(&link.name)
    }

    /// The recommenders in their order.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Whether any of them costs money.
    pub fn has_model(&self) -> bool {
        self.links.iter().any(|link| link.is_model)
    }
}

#[async_trait]
impl Recommender for Chain {
    async fn recommend(&self, request: &Request, ticket: &Ticket, reporter: &Reporter) -> Result<Dish, RecommendError> {
        let until = Instant::now() + request.time.saturating_sub(LAST_MOMENT);
        let (mut absence, mut last) = (None, RecommendError::NoDish);
        for link in &self.links {
            if self.is_off(link) {
                absence.get_or_insert(Absence::Down);
                last = RecommendError::Down("it is switched off".to_owned());
                continue;
            }
            if link.is_model && !request.within_budget {
                absence.get_or_insert(Absence::Budget);
                last = RecommendError::Down("the budget of the day is spent".to_owned());
                continue;
            }
            let asked = link.recommender.recommend(request, ticket, reporter);
            let said = if link.is_model {
                let late = |_| Err(RecommendError::Down("there was no time left".to_owned()));
                timeout_at(until, asked).await.unwrap_or_else(late)
            } else {
                asked.await
            };
            match said {
                Ok(dish) => return Ok(Dish { stands_in: absence.filter(|_| !link.is_model), ..dish }),
                Err(RecommendError::Declined) => return Err(RecommendError::Declined),
                Err(error) => {
                    tracing::warn!(recommender = link.name, %error, "a recommender has no dish");
                    if link.is_model {
                        absence.get_or_insert(Absence::Down);
                    }
                    last = error;
                }
            }
        }
        Err(last)
    }
}
