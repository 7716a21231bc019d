//! The store as the notebook of the search for photos.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    chat::PictureHash,
    photo::{DishKey, FoundPhoto, Notebook, NotebookError, Remembered, Standing, Turn, source::Limits},
    store::{KnownPhoto, PhotoTurn, Store, StoreError},
};

fn unusable(error: &StoreError) -> NotebookError {
    NotebookError(error.to_string())
}

#[async_trait]
impl Notebook for Store {
    async fn recall(&self, dish: &DishKey, now: DateTime<Utc>) -> Result<Option<Remembered>, NotebookError> {
        let known = self.known_photo(dish.as_str(), now).await.map_err(|error| unusable(&error))?;
        Ok(known.map(|photo| match photo {
            None => Remembered::Nothing,
            Some(KnownPhoto { picture, source, credit }) => Remembered::Photo(FoundPhoto { picture, credit, source }),
        }))
    }

    async fn remember(
        &self,
        dish: &DishKey,
        found: &Remembered,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), NotebookError> {
        let photo = match found {
            Remembered::Nothing => None,
            Remembered::Photo(FoundPhoto { picture, credit, source }) => {
                Some(KnownPhoto { picture: picture.clone(), source: source.clone(), credit: credit.clone() })
            }
        };
        self.remember_photo(dish.as_str(), photo.as_ref(), until, now).await.map_err(|error| unusable(&error))
    }

    async fn take_turn(
        &self,
        source: &str,
        account: &str,
        limits: Limits,
        now: DateTime<Utc>,
    ) -> Result<Turn, NotebookError> {
        let turn = self.take_photo_turn(source, account, (limits.per_minute, limits.per_day), now).await;
        Ok(match turn.map_err(|error| unusable(&error))? {
            PhotoTurn::Ask { source, account } => Turn::Ask { source, account },
            PhotoTurn::Resting(until) => Turn::Resting(until),
            PhotoTurn::UsedUp => Turn::UsedUp,
        })
    }

    async fn start_over(&self, now: DateTime<Utc>) -> Result<(), NotebookError> {
        self.forgive_photo_sources(now).await.map_err(|error| unusable(&error))
    }

    async fn is_rejected(&self, picture: &PictureHash) -> Result<bool, NotebookError> {
        Store::is_rejected(self, picture).await.map_err(|error| unusable(&error))
    }

    async fn note(&self, name: &str, standing: &Standing) -> Result<(), NotebookError> {
        let Standing { failures, rests_until, trouble } = standing;
        self.note_photo_source(name, *failures, *rests_until, trouble).await.map_err(|error| unusable(&error))
    }
}
