//! What `chant undo` can take back.

use rusqlite::params;

use super::{Journal, now};
use crate::error::Result;

/// Something that can be undone.
#[derive(Debug, Clone)]
pub struct UndoEntry {
    /// Its number.
    pub id: i64,
    /// RFC 3339.
    pub at: String,
    /// What was done, as a sentence.
    pub what: String,
    /// What is needed to bring it back.
    pub data: serde_json::Value,
}

impl Journal {
    /// Remembers something that can be undone. Returns its number.
    pub fn remember_undo(&self, what: &str, data: &serde_json::Value) -> Result<i64> {
        self.connection.execute(
            "INSERT INTO undo (project, at, what, data, done) VALUES (?1, ?2, ?3, ?4, 0)",
            params![self.project, now(), what, data.to_string()],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// What can be undone, newest first.
    pub fn undoable(&self) -> Result<Vec<UndoEntry>> {
        let mut statement = self.connection.prepare(
            "SELECT id, at, what, data FROM undo WHERE project = ?1 AND done = 0 ORDER BY id DESC",
        )?;
        let rows = statement.query_map(params![self.project], |row| {
            let data: String = row.get(3)?;
            Ok(UndoEntry {
                id: row.get(0)?,
                at: row.get(1)?,
                what: row.get(2)?,
                data: serde_json::from_str(&data).unwrap_or_default(),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Marks an entry as undone.
    pub fn mark_undone(&self, id: i64) -> Result<()> {
        self.connection
            .execute("UPDATE undo SET done = 1 WHERE id = ?1", params![id])?;
        Ok(())
    }
}
