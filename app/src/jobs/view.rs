//! What the pages of jobs show.

use crate::keys::view::When;

/// A job.
#[derive(Clone, Debug)]
pub struct JobView {
    /// Its id.
    pub id: String,
    /// What it does, in words.
    pub title: String,
    /// Its status in words.
    pub status: &'static str,
    /// How the status looks: the tone and the icon of its chip.
    pub look: (&'static str, &'static str),
    /// Who started it.
    pub by: String,
    /// When.
    pub created: When,
    /// When it ended.
    pub ended: Option<When>,
    /// Lines in all.
    pub total: i64,
    /// Lines that were done, that there was nothing to do for, that were refused.
    pub counts: [i64; 3],
    /// What is said of how it ended.
    pub said: Option<String>,
    /// Whether it only found out what would be done.
    pub is_check: bool,
    /// Whether it goes on.
    pub is_going: bool,
}

/// A line of a job.
#[derive(Clone, Debug)]
pub struct JobLineView {
    /// Its number.
    pub line: i64,
    /// The key's id.
    pub key: Option<String>,
    /// What became of it, in words.
    pub outcome: String,
}

/// A job's page.
#[derive(Clone, Debug)]
pub struct JobPageView {
    /// The job.
    pub job: JobView,
    /// Its first lines that were refused.
    pub refused: Vec<JobLineView>,
    /// The first of the others.
    pub others: Vec<JobLineView>,
    /// The words of what takes it back, where anything does and who looks may do so.
    pub undo: Option<&'static str>,
    /// Whether who looks may stop it.
    pub may_cancel: bool,
}
