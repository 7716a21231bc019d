//! What the search for photos remembers. Dishes are known by a keyed hash of their folded name, so that nothing that somebody
//! wished for stays readable.

use super::{Store, StoreError, millis, moment, reading, transaction, writing};
use crate::{
    chat::{Credit, PictureHash},
    order::OrderId,
};
use chrono::{DateTime, Utc};

/// Since when a minute and a day count, in milliseconds.
const MINUTE: i64 = 60 * 1000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A rest that ends later was written before the clock jumped back, and counts as ended: no rest is longer than a day.
const HORIZON: i64 = DAY + 60 * MINUTE;

/// Whoever has failed is asked once; the others wait so long for what comes of it.
const TRIAL: i64 = 10 * 1000;

/// What marks of dishes are told from marks of people by.
const DISH: &str = "dish";

const KNOWN: &str = "
    SELECT photo_names.picture, photos.source, photos.credit
    FROM photo_names LEFT JOIN photos ON photos.picture = photo_names.picture
    WHERE photo_names.name = $1 AND photo_names.until > $2 AND COALESCE(photos.rejected, 0) = 0";

/// What is said under a picture stays, whoever else has it.
const KEEP: &str = "
    INSERT INTO photos (picture, source, credit, found_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (picture) DO UPDATE SET credit = COALESCE(photos.credit, excluded.credit), found_at = excluded.found_at";

const NAME: &str = "
    INSERT INTO photo_names (name, picture, until) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET picture = excluded.picture, until = excluded.until";

const STANDING: &str = "SELECT failures, rests_until FROM photo_sources WHERE name = $1";

const TRY: &str = "UPDATE photo_sources SET rests_until = $3 WHERE name = $1 AND rests_until = $2";

/// Counts a request of an account at $2, where its minute and its day have room for $3 and $4.
const COUNT: &str = "
    INSERT INTO photo_sources (name, minute, in_minute, day, in_day) VALUES ($1, $2, 1, $2, 1)
    ON CONFLICT (name) DO UPDATE SET
        minute = CASE WHEN photo_sources.minute > $5 AND photo_sources.minute <= $2 THEN photo_sources.minute ELSE $2 END,
        in_minute = CASE WHEN photo_sources.minute > $5 AND photo_sources.minute <= $2
            THEN photo_sources.in_minute + 1 ELSE 1 END,
        day = CASE WHEN photo_sources.day > $6 AND photo_sources.day <= $2 THEN photo_sources.day ELSE $2 END,
        in_day = CASE WHEN photo_sources.day > $6 AND photo_sources.day <= $2 THEN photo_sources.in_day + 1 ELSE 1 END
    WHERE (photo_sources.in_minute < $3 OR photo_sources.minute <= $5 OR photo_sources.minute > $2)
        AND (photo_sources.in_day < $4 OR photo_sources.day <= $6 OR photo_sources.day > $2)
    RETURNING in_minute";

const NOTE: &str = "
    INSERT INTO photo_sources (name, failures, rests_until, trouble) VALUES ($1, $2, $3, $4)
    ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, rests_until = excluded.rests_until,
        trouble = excluded.trouble";

const SWEEP_NAMES: &str = "DELETE FROM photo_names WHERE until <= $1";

const SWEEP: &str = "
    DELETE FROM photos WHERE found_at < $1 AND rejected = 0
        AND NOT EXISTS (SELECT 1 FROM dishes WHERE dishes.picture = photos.picture)
        AND NOT EXISTS (SELECT 1 FROM photo_names WHERE photo_names.picture = photos.picture)";

const USED: &str = "
    SELECT COUNT(*) FROM (
        SELECT 1 AS one FROM dishes WHERE picture = $1
        UNION ALL SELECT 1 AS one FROM photo_names WHERE picture = $1 AND until > $2) AS uses";

/// How it stands with each source and account.
const STANDINGS: &str = "SELECT name, rests_until, trouble, day, in_day FROM photo_sources ORDER BY name";

const OF_DISHES: &str = "
    SELECT dishes.picture FROM dishes JOIN photos ON photos.picture = dishes.picture
    WHERE dishes.name = $1 AND photos.rejected = 0 ORDER BY dishes.id DESC LIMIT 1";

const REJECT: &str = "UPDATE photos SET rejected = 1, credit = NULL WHERE picture = $1";

const REJECTED: &str = "SELECT COUNT(*) FROM photos WHERE picture = $1 AND rejected = 1";

const DROP_NAMES: &str = "DELETE FROM photo_names WHERE picture = $1";

const DROP_FROM_DISHES: &str = "UPDATE dishes SET picture = NULL WHERE picture = $1";

const DROP_UPLOADS: &str = "DELETE FROM uploads WHERE picture = $1";

/// A dish whose photo was removed has none for so long: a hundred years.
const FOR_GOOD: i64 = 100 * 365 * DAY;

const FORGIVE: &str = "UPDATE photo_sources SET failures = 0, rests_until = 0, trouble = ''";

/// What an admin removed for good stays so.
const FORGET_NOTHINGS: &str = "DELETE FROM photo_names WHERE picture IS NULL AND until < $1";

/// A dish gets a photo, unless it has one by now.
const EXCHANGE: &str = "
    UPDATE dishes SET picture = $2 WHERE order_id = $1
        AND (picture IS NULL OR NOT EXISTS (SELECT 1 FROM photos WHERE photos.picture = dishes.picture))
        AND NOT EXISTS (SELECT 1 FROM photos WHERE photos.picture = $2 AND photos.rejected = 1)";

const PINNED: &str = "
    SELECT COUNT(*) FROM (
        SELECT 1 AS one FROM dishes JOIN photos ON photos.picture = dishes.picture
        WHERE dishes.picture = $1 LIMIT 1) AS uses";

const TOLD: &str = "SELECT address FROM orders WHERE id = $1 AND told_at IS NOT NULL AND state = 'delivered'";

pub(super) const ALL: &[(&str, &str)] = &[
    ("photos::KNOWN", KNOWN),
    ("photos::KEEP", KEEP),
    ("photos::NAME", NAME),
    ("photos::STANDING", STANDING),
    ("photos::TRY", TRY),
    ("photos::COUNT", COUNT),
    ("photos::NOTE", NOTE),
    ("photos::SWEEP_NAMES", SWEEP_NAMES),
    ("photos::SWEEP", SWEEP),
    ("photos::USED", USED),
    ("photos::FORGIVE", FORGIVE),
    ("photos::FORGET_NOTHINGS", FORGET_NOTHINGS),
    ("photos::EXCHANGE", EXCHANGE),
    ("photos::PINNED", PINNED),
    ("photos::TOLD", TOLD),
    ("photos::STANDINGS", STANDINGS),
    ("photos::OF_DISHES", OF_DISHES),
    ("photos::REJECT", REJECT),
    ("photos::REJECTED", REJECTED),
    ("photos::DROP_NAMES", DROP_NAMES),
    ("photos::DROP_FROM_DISHES", DROP_FROM_DISHES),
    ("photos::DROP_UPLOADS", DROP_UPLOADS),
];

/// A photo that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPhoto {
    /// Which picture.
    pub picture: PictureHash,
    /// Which source had it.
    pub source: String,
    /// What is said under it.
    pub credit: Option<Credit>,
}

/// Whether a source of photos may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoTurn {
    /// It was counted; so often in a row the source and its account failed before.
    Ask {
        /// Failures of the source.
        source: u32,
        /// Failures of its account.
        account: u32,
    },
    /// It is left alone until then.
    Resting(DateTime<Utc>),
    /// What its account may ask is used up.
    UsedUp,
}

/// How it stands with a source, or an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoStanding {
    /// Its name.
    pub name: String,
    /// Until when it is left alone; in the past where it is not.
    pub rests_until: DateTime<Utc>,
    /// Why, in a word.
    pub trouble: String,
    day: DateTime<Utc>,
    in_day: u64,
}

impl PhotoStanding {
    /// How often it was asked in the 24 hours that count at `now`.
    pub fn in_day_at(&self, now: DateTime<Utc>) -> u64 {
        let counts = self.day <= now && millis(now) - millis(self.day) < DAY;
        if counts { self.in_day } else { 0 }
    }
}

fn limit(most: u32) -> i64 {
    if most == 0 { i64::MAX } else { i64::from(most) }
}

fn failures(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Store {
    /// What is known of a dish of this name: a photo, or that there is none.
    pub async fn known_photo(&self, name: &str, now: DateTime<Utc>) -> Result<Option<Option<KnownPhoto>>, StoreError> {
        let mark = self.mark(DISH, name);
        let row: Option<(Option<String>, Option<String>, Option<String>)> =
            reading!(self, |db| sqlx::query_as(KNOWN).bind(&mark).bind(millis(now)).fetch_optional(db).await)?;
        Ok(row.map(|(picture, source, credit)| {
            picture.as_deref().and_then(PictureHash::parse).map(|picture| KnownPhoto {
                picture,
                source: source.unwrap_or_default(),
                credit: read_credit(credit.as_deref()),
            })
        }))
    }

    /// Keeps in mind, until then, that this is the photo of a dish of this name, or that there is none.
    pub async fn remember_photo(
        &self,
        name: &str,
        photo: Option<&KnownPhoto>,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let credit = photo.and_then(|photo| serde_json::to_string(photo.credit.as_ref()?).ok());
        transaction!(self, |tx| {
            if let Some(photo) = photo {
                sqlx::query(KEEP)
                    .bind(photo.picture.as_str())
                    .bind(&photo.source)
                    .bind(&credit)
                    .bind(millis(now))
                    .execute(&mut *tx)
                    .await?;
            }
            sqlx::query(NAME)
                .bind(self.mark(DISH, name))
                .bind(photo.map(|photo| photo.picture.as_str()))
                .bind(millis(until))
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(())
        })
    }

    /// Counts one request of a source against the limits of its account (0 for none), unless one of them is left alone or the
    /// account has used up what it may ask.
    pub async fn take_photo_turn(
        &self,
        source: &str,
        account: &str,
        (per_minute, per_day): (u32, u32),
        now: DateTime<Utc>,
    ) -> Result<PhotoTurn, StoreError> {
        let now = millis(now);
        let mut failed = [0, 0];
        let both = [Some(source), Some(account).filter(|account| *account != source)];
        transaction!(self, |tx| {
            for (name, failed) in both.iter().zip(&mut failed) {
                let Some(name) = name else { continue };
                let standing: Option<(i64, i64)> =
                    sqlx::query_as(STANDING).bind(*name).fetch_optional(&mut *tx).await?;
                let Some((before, rests_until)) = standing else { continue };
                if rests_until > now && rests_until <= now + HORIZON {
                    return Ok(PhotoTurn::Resting(moment(rests_until)));
                }
                *failed = failures(before);
                if before > 0 {
                    let tried =
                        sqlx::query(TRY).bind(*name).bind(rests_until).bind(now + TRIAL).execute(&mut *tx).await?;
                    if tried.rows_affected() == 0 {
                        return Ok(PhotoTurn::Resting(moment(now + TRIAL)));
                    }
                }
            }
            let counted: Option<i64> = sqlx::query_scalar(COUNT)
                .bind(account)
                .bind(now)
                .bind(limit(per_minute))
                .bind(limit(per_day))
                .bind(now - MINUTE)
                .bind(now - DAY)
                .fetch_optional(&mut *tx)
                .await?;
            if counted.is_none() {
                return Ok(PhotoTurn::UsedUp);
            }
            tx.commit().await?;
            let [source, account] = failed;
            Ok(PhotoTurn::Ask { source, account: if both[1].is_some() { account } else { source } })
        })
    }

    /// Notes how often a source or an account failed in a row, until when it is left alone, and why.
    pub async fn note_photo_source(
        &self,
        name: &str,
        failures: u32,
        rests_until: Option<DateTime<Utc>>,
        trouble: &str,
    ) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(NOTE)
            .bind(name)
            .bind(i64::from(failures))
            .bind(rests_until.map_or(0, millis))
            .bind(trouble)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Forgets what was to be remembered until now, and photos from before `before` that nothing needs.
    pub async fn sweep_photos(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(SWEEP_NAMES).bind(millis(now)).execute(db).await.map(drop))?;
        writing!(self, |db| sqlx::query(SWEEP).bind(millis(before)).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Whether a dish has this picture, or it is remembered for one.
    pub async fn uses_picture(&self, picture: &PictureHash, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let uses: i64 =
            reading!(self, |db| sqlx::query_scalar(USED).bind(picture.as_str()).bind(millis(now)).fetch_one(db).await)?;
        Ok(uses > 0)
    }

    /// Every source is asked again, and so is whether there is a photo of a dish that had none.
    pub async fn forgive_photo_sources(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(FORGIVE).execute(db).await.map(drop))?;
        let for_good = millis(now) + FOR_GOOD / 2;
        writing!(self, |db| sqlx::query(FORGET_NOTHINGS).bind(for_good).execute(db).await.map(drop))?;
        Ok(())
    }

    /// How it stands with every source and account that was ever asked.
    pub async fn photo_standings(&self) -> Result<Vec<PhotoStanding>, StoreError> {
        let rows: Vec<(String, i64, String, i64, i64)> =
            reading!(self, |db| sqlx::query_as(STANDINGS).fetch_all(db).await)?;
        let standing = |(name, rests_until, trouble, day, in_day)| PhotoStanding {
            name,
            rests_until: moment(rests_until),
            trouble,
            day: moment(day),
            in_day: u64::try_from(in_day).unwrap_or_default(),
        };
        Ok(rows.into_iter().map(standing).collect())
    }

    /// The photo that is remembered for a dish by the key of its name, or that a dish of this name has.
    pub async fn photo_of_dish(
        &self,
        key: Option<&str>,
        name: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<PictureHash>, StoreError> {
        if let Some(key) = key
            && let Some(Some(known)) = self.known_photo(key, now).await?
        {
            return Ok(Some(known.picture));
        }
        let picture: Option<String> =
            reading!(self, |db| sqlx::query_scalar(OF_DISHES).bind(name).fetch_optional(db).await)?;
        Ok(picture.as_deref().and_then(PictureHash::parse))
    }

    /// Takes a photo down: no dish shows it any more, and it is not found again. The dish of this key has no photo at all
    /// from now on.
    pub async fn reject_photo(
        &self,
        picture: &PictureHash,
        none_for: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        transaction!(self, |tx| {
            for statement in [REJECT, DROP_NAMES, DROP_FROM_DISHES, DROP_UPLOADS] {
                sqlx::query(statement).bind(picture.as_str()).execute(&mut *tx).await?;
            }
            if let Some(key) = none_for {
                sqlx::query(NAME)
                    .bind(self.mark(DISH, key))
                    .bind(None::<String>)
                    .bind(millis(now).saturating_add(FOR_GOOD))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(())
        })
    }

    /// Whether a picture was taken down.
    pub async fn is_rejected(&self, picture: &PictureHash) -> Result<bool, StoreError> {
        let rejected: i64 =
            reading!(self, |db| sqlx::query_scalar(REJECTED).bind(picture.as_str()).fetch_one(db).await)?;
        Ok(rejected > 0)
    }

    /// Whether a picture is the photo of a dish, which cannot be drawn again.
    pub async fn is_photo_of_a_dish(&self, picture: &PictureHash) -> Result<bool, StoreError> {
        let uses: i64 = reading!(self, |db| sqlx::query_scalar(PINNED).bind(picture.as_str()).fetch_one(db).await)?;
        Ok(uses > 0)
    }

    /// The dish of an order gets a photo in place of its card; `false` where it has one by now, or is gone.
    pub async fn exchange_picture(&self, order: OrderId, photo: &PictureHash) -> Result<bool, StoreError> {
        let changed = writing!(self, |db| sqlx::query(EXCHANGE)
            .bind(order.0)
            .bind(photo.as_str())
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(changed == 1)
    }

    /// Where the dish of an order was told; `None` as long as it was not.
    pub async fn told_at(&self, order: OrderId) -> Result<Option<String>, StoreError> {
        Ok(reading!(self, |db| sqlx::query_scalar(TOLD).bind(order.0).fetch_optional(db).await)?)
    }
}

/// A credit as it was kept; one that does not read is none.
pub(super) fn read_credit(json: Option<&str>) -> Option<Credit> {
    serde_json::from_str(json?).ok()
}
