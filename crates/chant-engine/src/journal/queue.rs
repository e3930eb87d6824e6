//! What was asked for and is not over: one row for each spec and each command that asked for it.

use rusqlite::{TransactionBehavior, params};

use super::Journal;
use crate::error::Result;

/// One spec that one command asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The spec's id.
    pub spec: String,
    /// The command that asked: alive while its lock is held.
    pub asker: String,
    /// What was ordered, as JSON.
    pub order: String,
    /// Higher before lower.
    pub priority: i32,
    /// When, RFC 3339.
    pub at: String,
}

impl Journal {
    /// Adds what a command asks for, in one transaction, and takes over what the askers in `ended` had left of it.
    pub fn enqueue(&mut self, rows: &[Queued], ended: &[String]) -> Result<()> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut left = transaction
                .prepare("DELETE FROM queue WHERE project = ?1 AND spec = ?2 AND asker = ?3")?;
            let mut add = transaction.prepare(
                "INSERT OR REPLACE INTO queue (project, spec, asker, \"order\", priority, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for row in rows {
                for asker in ended {
                    left.execute(params![self.project, row.spec, asker])?;
                }
                add.execute(params![
                    self.project,
                    row.spec,
                    row.asker,
                    row.order,
                    row.priority,
                    row.at
                ])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// What is asked for, oldest first.
    pub fn queued(&self) -> Result<Vec<Queued>> {
        let mut statement = self.connection.prepare(
            "SELECT spec, asker, \"order\", priority, at FROM queue WHERE project = ?1 ORDER BY at, rowid",
        )?;
        let rows = statement.query_map(params![self.project], |row| {
            Ok(Queued {
                spec: row.get(0)?,
                asker: row.get(1)?,
                order: row.get(2)?,
                priority: row.get(3)?,
                at: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Who asks for anything.
    pub fn askers(&self) -> Result<Vec<String>> {
        let mut statement = self
            .connection
            .prepare("SELECT DISTINCT asker FROM queue WHERE project = ?1")?;
        let rows = statement.query_map(params![self.project], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Who asks for this spec.
    pub fn askers_of(&self, spec: &str) -> Result<Vec<String>> {
        let mut statement = self
            .connection
            .prepare("SELECT asker FROM queue WHERE project = ?1 AND spec = ?2")?;
        let rows = statement.query_map(params![self.project, spec], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// These specs are over for this asker.
    pub fn dequeue(&mut self, asker: &str, specs: &[String]) -> Result<()> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for spec in specs {
            transaction.execute(
                "DELETE FROM queue WHERE project = ?1 AND asker = ?2 AND spec = ?3",
                params![self.project, asker, spec],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Everything is over for this asker.
    pub fn dequeue_all(&self, asker: &str) -> Result<()> {
        self.connection.execute(
            "DELETE FROM queue WHERE project = ?1 AND asker = ?2",
            params![self.project, asker],
        )?;
        Ok(())
    }
}
