//! Which runs there are.

use rusqlite::{OptionalExtension, Row, params};

use super::{Journal, Phase, RunRecord, RunState, Step};
use crate::error::Result;

const RUN_COLUMNS: &str =
    "id, spec, attempt, state, reason, step, phase, started_at, ended_at, facts";

impl Journal {
    /// The last run of a spec, if it was not put aside by `reset`.
    pub fn latest(&self, spec: &str) -> Result<Option<RunRecord>> {
        let sql = format!(
            "SELECT {RUN_COLUMNS} FROM run WHERE id = (SELECT run FROM latest WHERE project = ?1 AND spec = ?2)"
        );
        Ok(self
            .connection
            .query_row(&sql, params![self.project, spec], read_run)
            .optional()?)
    }

    /// One run by its id.
    pub fn run(&self, id: &str) -> Result<Option<RunRecord>> {
        let sql = format!("SELECT {RUN_COLUMNS} FROM run WHERE project = ?1 AND id = ?2");
        Ok(self
            .connection
            .query_row(&sql, params![self.project, id], read_run)
            .optional()?)
    }

    /// All runs of a spec, oldest first.
    pub fn runs_of(&self, spec: &str) -> Result<Vec<RunRecord>> {
        let sql = format!(
            "SELECT {RUN_COLUMNS} FROM run WHERE project = ?1 AND spec = ?2 ORDER BY attempt"
        );
        self.collect(&sql, params![self.project, spec])
    }

    /// How often a spec was tried, whatever became of it.
    pub fn tried(&self, spec: &str) -> Result<u32> {
        let sql = "SELECT COALESCE(MAX(attempt), 0) FROM run WHERE project = ?1 AND spec = ?2";
        Ok(self
            .connection
            .query_row(sql, params![self.project, spec], |row| row.get(0))?)
    }

    /// The last run of every spec of this project.
    pub fn all_latest(&self) -> Result<Vec<RunRecord>> {
        let sql = format!(
            "SELECT {RUN_COLUMNS} FROM run WHERE id IN (SELECT run FROM latest WHERE project = ?1) ORDER BY id"
        );
        self.collect(&sql, params![self.project])
    }

    /// Of the newest runs, those that another agent worked because some had refused: what they came to know of these is
    /// in their facts.
    pub fn newest_refused(&self) -> Result<Vec<RunRecord>> {
        let sql = format!(
            "SELECT {RUN_COLUMNS} FROM run WHERE id IN \
             (SELECT id FROM run WHERE project = ?1 ORDER BY id DESC LIMIT 64) \
             AND facts LIKE '%\"refused\":[{{%'"
        );
        self.collect(&sql, params![self.project])
    }

    /// Every run of this project, oldest first.
    pub fn all(&self) -> Result<Vec<RunRecord>> {
        let sql = format!("SELECT {RUN_COLUMNS} FROM run WHERE project = ?1 ORDER BY id");
        self.collect(&sql, params![self.project])
    }

    fn collect(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<RunRecord>> {
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(parameters, read_run)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn read_run(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    let text = |index: usize| row.get::<_, String>(index);
    let broken = |index: usize, value: String| {
        rusqlite::Error::FromSqlConversionFailure(
            index,
            rusqlite::types::Type::Text,
            format!("unknown value {value:?}").into(),
        )
    };
    let (state, step, phase) = (text(3)?, text(5)?, text(6)?);
    let facts = text(9)?;
    Ok(RunRecord {
        id: text(0)?,
        spec: text(1)?,
        attempt: row.get(2)?,
        state: RunState::from_name(&state).ok_or_else(|| broken(3, state))?,
        reason: text(4)?,
        step: Step::from_name(&step).ok_or_else(|| broken(5, step))?,
        phase: Phase::from_name(&phase).ok_or_else(|| broken(6, phase))?,
        started_at: text(7)?,
        ended_at: row.get(8)?,
        facts: serde_json::from_str(&facts).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(9, rusqlite::types::Type::Text, error.into())
        })?,
    })
}
