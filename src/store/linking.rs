//! Two persons become one, and part again. Tickets are never multiplied by that: what both took on a day counts for the one
//! that they become, and for both when they part.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Store, StoreError, admin_log, bans, history, millis, people, reading, tickets, transaction, writing};
use crate::{
    chat::{PersonId, Platform},
    dish::Avoided,
    profile::Naming,
};

const OFFER: &str = "INSERT INTO link_codes (mark, person, until) VALUES ($1, $2, $3)";

const WITHDRAW: &str = "DELETE FROM link_codes WHERE person = $1 OR until <= $2";

const OFFERED: &str = "SELECT person FROM link_codes WHERE mark = $1 AND until > $2";

const TAKE_UP: &str = "DELETE FROM link_codes WHERE mark = $1 AND until > $2 RETURNING person";

/// Orders that are made, or whose end was not told yet.
const UNFINISHED: &str = "SELECT COUNT(*) FROM orders WHERE person IN ($1, $2) AND told_at IS NULL";

const PLATFORMS: &str = "SELECT platform FROM identities WHERE person = $1";

const COUNTS: &str =
    "SELECT tickets_used, dishes, since, locale, nickname, introduction, avoided FROM people WHERE id = $1";

const SET_PERSON: &str = "
    UPDATE people SET tickets_used = $2, dishes = $3, since = $4, locale = $5, nickname = $6, introduction = $7,
        avoided = $8, profile_at = $9 WHERE id = $1";

const MOVE_IDENTITIES: &str = "UPDATE identities SET person = $2 WHERE person = $1";

const MOVE_ORDERS: &str = "UPDATE orders SET person = $2 WHERE person = $1";

const MOVE_LEDGER: &str = "UPDATE ticket_ledger SET person = $2 WHERE person = $1";

/// Both may have copied the same share; each copy stays.
const KEEP_COPIES: &str = "
    UPDATE dishes SET copied_from = copied_from || '~' || CAST(id AS TEXT)
    WHERE person = $1 AND copied_from IN (SELECT copied_from FROM dishes WHERE person = $2 AND copied_from IS NOT NULL)";

/// The dishes of $1 come after the $3 of $2.
const MOVE_DISHES: &str = "UPDATE dishes SET person = $2, number = number + $3 WHERE person = $1";

const MOVE_SHARES: &str = "UPDATE shares SET person = $2, number = number + $3 WHERE person = $1";

const ADD_DAYS: &str = "
    INSERT INTO ticket_days (person, day, taken, carried, extra)
    SELECT CAST($2 AS BIGINT), day, taken, carried, extra FROM ticket_days WHERE person = $1
    ON CONFLICT (person, day) DO UPDATE SET taken = ticket_days.taken + excluded.taken,
        carried = ticket_days.carried + excluded.carried, extra = ticket_days.extra + excluded.extra";

/// Whoever of them wants no news, the one that they become wants none.
const BOTH_WANT_NEWS: &str = "
    UPDATE people SET news = 0 WHERE id = $2 AND EXISTS (
        SELECT 1 FROM people AS other WHERE other.id = $1 AND other.news = 0)";

/// Another limit that somebody has holds for both.
const COPY_LIMITS: &str = "
    INSERT INTO grants (person, kind, tickets, from_day, until_day, at)
    SELECT CAST($2 AS BIGINT), kind, tickets, from_day, until_day, at FROM grants WHERE person = $1 AND kind = 'limit'";

const MOVE_GRANTS: &str = "UPDATE grants SET person = $2 WHERE person = $1";

/// What each took of what was given once counts for whoever they become.
const ADD_USES: &str = "
    INSERT INTO grant_uses (grant_id, person, used)
    SELECT grant_id, CAST($2 AS BIGINT), used FROM grant_uses WHERE person = $1
    ON CONFLICT (grant_id, person) DO UPDATE SET used = grant_uses.used + excluded.used";

/// Whoever talks in the same place already keeps what is open there.
const MOVE_DIALOGUES: &str = "
    UPDATE dialogues SET person = $2 WHERE person = $1 AND NOT EXISTS (
        SELECT 1 FROM dialogues AS there WHERE there.person = $2 AND there.platform = dialogues.platform
            AND there.conversation = dialogues.conversation)";

/// What is left of them goes with this row.
const REMOVE: &str = "DELETE FROM people WHERE id = $1";

const ADD_LIKE: &str = "
    INSERT INTO people (locale, since, seen_at, nickname, introduction, avoided, profile_at, news)
    SELECT locale, CAST(COALESCE($2, since) AS BIGINT), seen_at, nickname, introduction, avoided, profile_at, news
    FROM people WHERE id = $1
    RETURNING id";

const MOVE_IDENTITY: &str = "UPDATE identities SET person = $2 WHERE person = $1 AND platform = $3";

const ORDERS_OF: &str = "UPDATE orders SET person = $2 WHERE person = $1 AND platform = $3";

const LEDGER_OF: &str = "
    UPDATE ticket_ledger SET person = $2 WHERE person = $1
        AND order_id IN (SELECT id FROM orders WHERE orders.person = $2)";

const DIALOGUES_OF: &str = "UPDATE dialogues SET person = $2 WHERE person = $1 AND platform = $3";

const DISHES: &str = "
    SELECT dishes.id, dishes.number, COALESCE(orders.platform, dishes.copied_on, '')
    FROM dishes LEFT JOIN orders ON orders.id = dishes.order_id WHERE dishes.person = $1 ORDER BY dishes.number";

const MOVE_DISH: &str = "UPDATE dishes SET person = $2, number = $3 WHERE id = $1";

const MOVE_SHARE: &str = "UPDATE shares SET person = $3, number = $4 WHERE person = $1 AND number = $2";

const COUNT_AGAIN: &str = "
    UPDATE people SET dishes = (SELECT COUNT(*) FROM dishes WHERE dishes.person = people.id),
        tickets_used = (SELECT COUNT(*) FROM ticket_ledger WHERE ticket_ledger.person = people.id AND movement = 'spent')
    WHERE id = $1";

/// The days of $1 for $2: what it took itself, by the ledger, and on the last day the joint count.
const DAYS_OF: &str = "
    INSERT INTO ticket_days (person, day, taken, carried, extra)
    SELECT CAST($2 AS BIGINT), day, CASE WHEN day = $3 THEN taken ELSE own END, CASE WHEN day = $3 THEN taken - own ELSE 0 END,
        CASE WHEN day = $3 THEN extra ELSE 0 END
    FROM (
        SELECT ticket_days.day AS day, ticket_days.taken AS taken, ticket_days.extra AS extra, (
            SELECT COALESCE(SUM(CASE movement WHEN 'taken' THEN 1 WHEN 'returned' THEN -1 ELSE 0 END), 0)
            FROM ticket_ledger WHERE ticket_ledger.person = $2 AND ticket_ledger.day = ticket_days.day) AS own
        FROM ticket_days WHERE ticket_days.person = $1) AS days
    WHERE days.day = $3 OR days.own > 0";

pub(super) const ALL: &[(&str, &str)] = &[
    ("linking::BOTH_WANT_NEWS", BOTH_WANT_NEWS),
    ("linking::COPY_LIMITS", COPY_LIMITS),
    ("linking::MOVE_GRANTS", MOVE_GRANTS),
    ("linking::ADD_USES", ADD_USES),
    ("linking::OFFER", OFFER),
    ("linking::WITHDRAW", WITHDRAW),
    ("linking::OFFERED", OFFERED),
    ("linking::TAKE_UP", TAKE_UP),
    ("linking::UNFINISHED", UNFINISHED),
    ("linking::PLATFORMS", PLATFORMS),
    ("linking::COUNTS", COUNTS),
    ("linking::SET_PERSON", SET_PERSON),
    ("linking::MOVE_IDENTITIES", MOVE_IDENTITIES),
    ("linking::MOVE_ORDERS", MOVE_ORDERS),
    ("linking::MOVE_LEDGER", MOVE_LEDGER),
    ("linking::KEEP_COPIES", KEEP_COPIES),
    ("linking::MOVE_DISHES", MOVE_DISHES),
    ("linking::MOVE_SHARES", MOVE_SHARES),
    ("linking::ADD_DAYS", ADD_DAYS),
    ("linking::MOVE_DIALOGUES", MOVE_DIALOGUES),
    ("linking::REMOVE", REMOVE),
    ("linking::ADD_LIKE", ADD_LIKE),
    ("linking::MOVE_IDENTITY", MOVE_IDENTITY),
    ("linking::ORDERS_OF", ORDERS_OF),
    ("linking::LEDGER_OF", LEDGER_OF),
    ("linking::DIALOGUES_OF", DIALOGUES_OF),
    ("linking::DISHES", DISHES),
    ("linking::MOVE_DISH", MOVE_DISH),
    ("linking::MOVE_SHARE", MOVE_SHARE),
    ("linking::COUNT_AGAIN", COUNT_AGAIN),
    ("linking::DAYS_OF", DAYS_OF),
];

/// What came of joining two persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    /// They are this one now.
    Done(PersonId),
    /// The code is unknown, used or over.
    Gone,
    /// They are the same already.
    Same,
    /// Both have an account on the same platform.
    SamePlatform,
    /// One of them has an order in the making, or one whose end was not told yet. The code stays good.
    Busy,
    /// Both have a name or an introduction, and they differ. The code stays good.
    TwoNames,
}

/// What came of parting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlinked {
    /// Whoever comes by that platform, and whoever comes by the others.
    Done(PersonId, PersonId),
    /// There is only that one platform.
    Alone,
    /// An order is in the making, or its end was not told yet.
    Busy,
}

type Counts = (i64, i64, i64, Option<String>, Option<String>, Option<String>, Option<String>);

impl Store {
    /// Offers a code until then; one that was offered before is good no more.
    pub async fn offer_link(
        &self,
        person: PersonId,
        code: &str,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mark = self.mark(CODE, code);
        transaction!(self, |tx| {
            sqlx::query(WITHDRAW).bind(person.0).bind(millis(now)).execute(&mut *tx).await?;
            sqlx::query(OFFER).bind(&mark).bind(person.0).bind(millis(until)).execute(&mut *tx).await?;
            tx.commit().await?;
            Ok(())
        })
    }

    /// On how many platforms somebody is known.
    pub async fn platforms_of(&self, person: PersonId) -> Result<usize, StoreError> {
        let all: Vec<String> = reading!(self, |db| sqlx::query_scalar(PLATFORMS).bind(person.0).fetch_all(db).await)?;
        Ok(all.len())
    }

    /// Who offered a code that is still good.
    pub async fn link_offered(&self, code: &str, now: DateTime<Utc>) -> Result<Option<PersonId>, StoreError> {
        let mark = self.mark(CODE, code);
        let person: Option<i64> =
            reading!(self, |db| sqlx::query_scalar(OFFERED).bind(&mark).bind(millis(now)).fetch_optional(db).await)?;
        Ok(person.map(PersonId))
    }

    /// Takes back every code of a person, and those that are over.
    pub async fn withdraw_link(&self, person: PersonId, now: DateTime<Utc>) -> Result<(), StoreError> {
        writing!(self, |db| sqlx::query(WITHDRAW).bind(person.0).bind(millis(now)).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Joins whoever takes up a code with whoever offered it, in one transaction: identities, dishes, tickets, favourites and
    /// what is not eaten. `naming` decides between two names.
    pub async fn link(
        &self,
        taking: PersonId,
        code: &str,
        naming: Naming,
        now: DateTime<Utc>,
    ) -> Result<Linked, StoreError> {
        let mark = self.mark(CODE, code);
        let linked = transaction!(self, |tx| {
            let offering: Option<i64> =
                sqlx::query_scalar(TAKE_UP).bind(&mark).bind(millis(now)).fetch_optional(&mut *tx).await?;
            let Some(offering) = offering else { return Ok(Linked::Gone) };
            if offering == taking.0 {
                return Ok(Linked::Same);
            }
            // Always in the same order, so that two never wait for each other. The older one stays.
            let (stays, goes) = (offering.min(taking.0), offering.max(taking.0));
            for person in [stays, goes] {
                let held = sqlx::query(people::LOCK).bind(person).bind(millis(now)).execute(&mut *tx).await?;
                if held.rows_affected() != 1 {
                    return Ok(Linked::Gone);
                }
            }
            for person in [stays, goes] {
                let known: Vec<(String, String)> =
                    sqlx::query_as(bans::IDENTITIES).bind(person).fetch_all(&mut *tx).await?;
                for (platform, user) in known {
                    let ban: Option<(String, Option<i64>)> = sqlx::query_as(bans::OF_MARK)
                        .bind(self.mark(&platform, &user))
                        .bind(millis(now))
                        .fetch_optional(&mut *tx)
                        .await?;
                    // Nobody gets round a ban by somebody else.
                    if ban.is_some() {
                        return Ok(Linked::Gone);
                    }
                }
            }
            let unfinished: i64 = sqlx::query_scalar(UNFINISHED).bind(stays).bind(goes).fetch_one(&mut *tx).await?;
            if unfinished > 0 {
                return Ok(Linked::Busy);
            }
            let mine: Vec<String> = sqlx::query_scalar(PLATFORMS).bind(stays).fetch_all(&mut *tx).await?;
            let theirs: Vec<String> = sqlx::query_scalar(PLATFORMS).bind(goes).fetch_all(&mut *tx).await?;
            if mine.iter().any(|platform| theirs.contains(platform)) {
                return Ok(Linked::SamePlatform);
            }
            let of_stays: Counts = sqlx::query_as(COUNTS).bind(stays).fetch_one(&mut *tx).await?;
            let of_goes: Counts = sqlx::query_as(COUNTS).bind(goes).fetch_one(&mut *tx).await?;
            let first = if naming == Naming::Taking { taking.0 } else { offering };
            let (first, second) = if first == stays { (&of_stays, &of_goes) } else { (&of_goes, &of_stays) };
            let differ =
                |one: &Option<String>, other: &Option<String>| one.is_some() && other.is_some() && one != other;
            if naming == Naming::Unsaid && (differ(&first.4, &second.4) || differ(&first.5, &second.5)) {
                return Ok(Linked::TwoNames);
            }
            let avoided = both_avoided(of_stays.6.clone(), of_goes.6.clone())?;
            let offset = of_stays.1;
            sqlx::query(SET_PERSON)
                .bind(stays)
                .bind(of_stays.0 + of_goes.0)
                .bind(of_stays.1 + of_goes.1)
                .bind(of_stays.2.min(of_goes.2))
                .bind(first.3.as_ref().or(second.3.as_ref()))
                .bind(first.4.as_ref().or(second.4.as_ref()))
                .bind(first.5.as_ref().or(second.5.as_ref()))
                .bind(avoided)
                .bind(millis(now))
                .execute(&mut *tx)
                .await?;
            for statement in [
                MOVE_IDENTITIES,
                MOVE_ORDERS,
                MOVE_LEDGER,
                KEEP_COPIES,
                ADD_DAYS,
                MOVE_GRANTS,
                ADD_USES,
                admin_log::MOVE,
                BOTH_WANT_NEWS,
                MOVE_DIALOGUES,
            ] {
                sqlx::query(statement).bind(goes).bind(stays).execute(&mut *tx).await?;
            }
            for statement in [MOVE_DISHES, MOVE_SHARES] {
                sqlx::query(statement).bind(goes).bind(stays).bind(offset).execute(&mut *tx).await?;
            }
            let lines: String = sqlx::query_scalar(history::LINES).bind(goes).bind(0_i64).fetch_one(&mut *tx).await?;
            for (number, text) in history::read_lines(&lines) {
                let number = i64::from(number) + offset;
                sqlx::query(history::ADD)
                    .bind(stays)
                    .bind(history::block(number))
                    .bind(history::line(number, text))
                    .execute(&mut *tx)
                    .await?;
            }
            sqlx::query(REMOVE).bind(goes).execute(&mut *tx).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(Linked::Done(PersonId(stays)))
        })?;
        Ok(linked)
    }

    /// Parts whoever comes by one platform from the rest. Dishes stay with the platform that they were ordered on, and both
    /// keep what was taken today together.
    pub async fn unlink(
        &self,
        person: PersonId,
        platform: Platform,
        now: DateTime<Utc>,
    ) -> Result<Unlinked, StoreError> {
        let old = person.0;
        let unlinked = transaction!(self, |tx| {
            let held = sqlx::query(people::LOCK).bind(old).bind(millis(now)).execute(&mut *tx).await?;
            let platforms: Vec<String> = sqlx::query_scalar(PLATFORMS).bind(old).fetch_all(&mut *tx).await?;
            if held.rows_affected() != 1 || platforms.len() < 2 || !platforms.iter().any(|known| known == platform.id())
            {
                return Ok(Unlinked::Alone);
            }
            let unfinished: i64 = sqlx::query_scalar(UNFINISHED).bind(old).bind(old).fetch_one(&mut *tx).await?;
            if unfinished > 0 {
                return Ok(Unlinked::Busy);
            }
            // Both are new: what is known of the old one's history by its numbers is wrong for either.
            // Whoever parts begins now, so that what was given to everyone who was here is not given to two of them.
            let parting: i64 =
                sqlx::query_scalar(ADD_LIKE).bind(old).bind(Some(millis(now))).fetch_one(&mut *tx).await?;
            let staying: i64 = sqlx::query_scalar(ADD_LIKE).bind(old).bind(None::<i64>).fetch_one(&mut *tx).await?;
            sqlx::query(COPY_LIMITS).bind(old).bind(parting).execute(&mut *tx).await?;
            let last: Option<String> = sqlx::query_scalar(tickets::LAST_DAY).bind(old).fetch_one(&mut *tx).await?;
            let dishes: Vec<(i64, i64, String)> = sqlx::query_as(DISHES).bind(old).fetch_all(&mut *tx).await?;
            let lines: String = sqlx::query_scalar(history::LINES).bind(old).bind(0_i64).fetch_one(&mut *tx).await?;
            let lines = history::read_lines(&lines).map(|(number, text)| (i64::from(number), text));
            let lines: HashMap<i64, &str> = lines.collect();
            for statement in [MOVE_IDENTITY, ORDERS_OF, DIALOGUES_OF] {
                sqlx::query(statement).bind(old).bind(parting).bind(platform.id()).execute(&mut *tx).await?;
            }
            // What was given stays with the rest; what was taken of it counts for both.
            for statement in [MOVE_IDENTITIES, MOVE_ORDERS, MOVE_DIALOGUES, MOVE_GRANTS, admin_log::MOVE] {
                sqlx::query(statement).bind(old).bind(staying).execute(&mut *tx).await?;
            }
            for person in [parting, staying] {
                for statement in [LEDGER_OF, ADD_USES] {
                    sqlx::query(statement).bind(old).bind(person).execute(&mut *tx).await?;
                }
            }
            let (mut of_parting, mut of_staying) = (0, 0);
            for (dish, number, ordered_on) in dishes {
                let (person, count) =
                    if ordered_on == platform.id() { (parting, &mut of_parting) } else { (staying, &mut of_staying) };
                *count += 1;
                sqlx::query(MOVE_DISH).bind(dish).bind(person).bind(*count).execute(&mut *tx).await?;
                sqlx::query(MOVE_SHARE).bind(old).bind(number).bind(person).bind(*count).execute(&mut *tx).await?;
                sqlx::query(history::ADD)
                    .bind(person)
                    .bind(history::block(*count))
                    .bind(history::line(*count, lines.get(&number).copied().unwrap_or_default()))
                    .execute(&mut *tx)
                    .await?;
            }
            for person in [parting, staying] {
                sqlx::query(DAYS_OF)
                    .bind(old)
                    .bind(person)
                    .bind(last.as_deref().unwrap_or_default())
                    .execute(&mut *tx)
                    .await?;
                sqlx::query(COUNT_AGAIN).bind(person).execute(&mut *tx).await?;
            }
            sqlx::query(REMOVE).bind(old).execute(&mut *tx).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(Unlinked::Done(PersonId(parting), PersonId(staying)))
        })?;
        self.finders.invalidate(&person);
        Ok(unlinked)
    }
}

/// What marks of codes are told from others by.
const CODE: &str = "link";

/// Whoever of them does not eat something, the one that they become does not eat it.
fn both_avoided(mine: Option<String>, theirs: Option<String>) -> Result<Option<String>, StoreError> {
    let (mut mine, theirs): (Avoided, Avoided) = (people::avoided(mine)?, people::avoided(theirs)?);
    if mine.is_empty() && theirs.is_empty() {
        return Ok(None);
    }
    mine.unite(theirs);
    serde_json::to_string(&mine).map(Some).map_err(|error| StoreError::corrupt("people", "avoided", error))
}
