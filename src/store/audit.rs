//! Whether ledger, orders, dishes and ticket days agree. They do by construction; this counts where not.

use super::{Store, StoreError, reading};

/// Each rule and a statement that counts the rows that break it.
const RULES: [(&str, &str); 9] = [
    ("an order without exactly one ticket taken", WITHOUT_TICKET),
    ("an order that ended without its ticket spent or returned as it should", WRONGLY_SETTLED),
    ("a served order without its dish", WITHOUT_DISH),
    ("a dish of an order that was not served", STRAY_DISH),
    ("a day whose count is not what the ledger says", WRONG_DAY),
    ("a person whose tickets ever used or dishes are not what the ledger says", WRONG_TOTAL),
    ("a ticket returned to another day than it was taken from", WRONG_RETURN),
    ("a person whose history does not list their dishes", WRONG_HISTORY),
    ("a person who ordered more often from a grant than it was used", WRONG_GRANT),
];

const WITHOUT_TICKET: &str = "
    SELECT COUNT(*) FROM orders WHERE 1 <> (
        SELECT COUNT(*) FROM ticket_ledger
        WHERE ticket_ledger.order_id = orders.id AND movement = 'taken' AND settles = 0
            AND ticket_ledger.person = orders.person AND ticket_ledger.day = orders.day)";

const WRONGLY_SETTLED: &str = "
    SELECT COUNT(*) FROM orders
    LEFT JOIN ticket_ledger ON ticket_ledger.order_id = orders.id AND ticket_ledger.settles = 1
    WHERE COALESCE(ticket_ledger.movement, 'open') <> CASE
        WHEN orders.state IN ('served', 'delivered') AND ticket_ledger.reason = 'stood_in' THEN 'returned'
        WHEN orders.state IN ('served', 'delivered') THEN 'spent'
        WHEN orders.state IN ('failed', 'cancelled') THEN 'returned'
        ELSE 'open' END";

const WITHOUT_DISH: &str = "
    SELECT COUNT(*) FROM orders WHERE state IN ('served', 'delivered')
        AND NOT EXISTS (SELECT 1 FROM dishes WHERE dishes.order_id = orders.id AND dishes.person = orders.person)";

const STRAY_DISH: &str = "
    SELECT COUNT(*) FROM dishes JOIN orders ON orders.id = dishes.order_id
    WHERE orders.state NOT IN ('served', 'delivered')";

const WRONG_DAY: &str = "
    SELECT COUNT(*) FROM ticket_days WHERE taken - carried <> (
        SELECT COUNT(*) FROM ticket_ledger
        WHERE ticket_ledger.person = ticket_days.person AND ticket_ledger.day = ticket_days.day AND movement = 'taken')
        - (
        SELECT COUNT(*) FROM ticket_ledger
        WHERE ticket_ledger.person = ticket_days.person AND ticket_ledger.day = ticket_days.day AND movement = 'returned')";

const WRONG_TOTAL: &str = "
    SELECT COUNT(*) FROM people WHERE tickets_used <> (
        SELECT COUNT(*) FROM ticket_ledger WHERE ticket_ledger.person = people.id AND movement = 'spent')
        OR dishes <> (SELECT COUNT(*) FROM dishes WHERE dishes.person = people.id)";

const WRONG_RETURN: &str = "
    SELECT COUNT(*) FROM ticket_ledger
    JOIN orders ON orders.id = ticket_ledger.order_id WHERE ticket_ledger.day <> orders.day";

/// The lines are counted by their ends.
const WRONG_HISTORY: &str = "
    SELECT COUNT(*) FROM people WHERE dishes <> COALESCE((
        SELECT SUM(LENGTH(lines) - LENGTH(REPLACE(lines, '
', ''))) FROM history WHERE history.person = people.id), 0)";

/// Whoever parted from somebody has used what they used together.
const WRONG_GRANT: &str = "
    SELECT COUNT(*) FROM (
        SELECT orders.person AS person, orders.grant_id AS grant_id, COUNT(*) AS paid
        FROM orders WHERE grant_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM ticket_ledger WHERE ticket_ledger.order_id = orders.id AND movement = 'returned')
        GROUP BY orders.person, orders.grant_id) AS payments
    LEFT JOIN grant_uses ON grant_uses.grant_id = payments.grant_id AND grant_uses.person = payments.person
    WHERE payments.paid > COALESCE(grant_uses.used, 0)";

pub(super) const ALL: &[(&str, &str)] = &[
    ("audit::WITHOUT_TICKET", WITHOUT_TICKET),
    ("audit::WRONGLY_SETTLED", WRONGLY_SETTLED),
    ("audit::WITHOUT_DISH", WITHOUT_DISH),
    ("audit::STRAY_DISH", STRAY_DISH),
    ("audit::WRONG_DAY", WRONG_DAY),
    ("audit::WRONG_TOTAL", WRONG_TOTAL),
    ("audit::WRONG_RETURN", WRONG_RETURN),
    ("audit::WRONG_HISTORY", WRONG_HISTORY),
    ("audit::WRONG_GRANT", WRONG_GRANT),
];

impl Store {
    /// What does not agree, a sentence each; empty when all is well.
    pub async fn audit(&self) -> Result<Vec<String>, StoreError> {
        let mut findings = Vec::new();
        for (rule, statement) in RULES {
            let count: i64 = reading!(self, |db| sqlx::query_scalar(statement).fetch_one(db).await)?;
            if count > 0 {
                findings.push(format!("{count} × {rule}"));
            }
        }
        Ok(findings)
    }
}
