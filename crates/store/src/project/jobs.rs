//! The record of jobs: who had what done, how long it took and what became of it.

use super::Project;
use super::read::{number, signed};
use crate::StoreError;
use rusqlite::params;

/// A job that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job<'a> {
    /// When it ended, in milliseconds since 1970.
    pub at: i64,
    /// Who asked: a session or its address.
    pub peer: &'a str,
    /// What was asked for.
    pub command: &'a str,
    /// How long it took, in milliseconds.
    pub took: u64,
    /// What became of it, a word: `done`, `failed`.
    pub result: &'a str,
    /// More of that, for people.
    pub detail: &'a str,
}

/// A job as the record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// Its number; larger is later, and none is given twice.
    pub id: i64,
    /// When it ended, in milliseconds since 1970.
    pub at: i64,
    /// Who asked.
    pub peer: String,
    /// What was asked for.
    pub command: String,
    /// How long it took, in milliseconds.
    pub took: u64,
    /// What became of it.
    pub result: String,
    /// More of that.
    pub detail: String,
}

impl Project<'_> {
    /// Keeps a job and gives its number; only the newest `most` jobs stay.
    pub fn jobs_add(&mut self, job: &Job<'_>, most: u64) -> Result<i64, StoreError> {
        let failed = self.store.failed("keeping a job");
        let mut add = || -> rusqlite::Result<i64> {
            let transaction = self.store.writing()?;
            let sql = "INSERT INTO project_job (at, peer, command, took, result, detail) VALUES (?, ?, ?, ?, ?, ?)";
            let took = i64::try_from(job.took).unwrap_or(i64::MAX);
            let values = params![job.at, job.peer, job.command, took, job.result, job.detail];
            transaction.prepare_cached(sql)?.execute(values)?;
            let id = transaction.last_insert_rowid();
            // Numbers follow each other without gaps, so the number alone says which are too old.
            let oldest = id.saturating_sub_unsigned(most);
            transaction.prepare_cached("DELETE FROM project_job WHERE id <= ?")?.execute([oldest])?;
            transaction.commit()?;
            Ok(id)
        };
        add().map_err(failed)
    }

    /// The newest jobs, newest first; `before`: only those with smaller numbers, which is how one reads on.
    pub fn jobs(&self, before: Option<i64>, limit: usize) -> Result<Vec<JobRecord>, StoreError> {
        let sql = "SELECT id, at, peer, command, took, result, detail FROM project_job
                   WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
        self.list(sql, params![before.unwrap_or(i64::MAX), signed(limit)], |row| {
            let (id, at, peer, command) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(JobRecord { id, at, peer, command, took: number(row, 4)?, result: row.get(5)?, detail: row.get(6)? })
        })
    }
}
