//! What git was asked before and would answer the same again: an object is named by its content.
//!
//! Owned by a [`crate::Repo`] and shared by its clones for as long as the process lives. Nothing that can move is ever
//! kept: no ref, no index, no file of a work tree.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chant_os::process::Conversation;

use crate::{
    Oid, Result,
    folder::{Folder, Folders},
    gather::Gathered,
    object::TreeEntry,
    writer::Writers,
};

/// Larger blobs are asked for again: what is read twice in one command is specs and prompts.
const BLOB_MAX: usize = 256 << 10;

/// The answers so far, and the process that is asked for more.
#[derive(Debug, Default, Clone)]
pub(crate) struct Memo(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    answers: Mutex<Answers>,
    conversation: Mutex<Option<Conversation>>,
    writers: Mutex<Writers>,
    gathered: Mutex<Gathered>,
}

#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// The bytes of a blob.
    pub(crate) blobs: HashMap<Oid, Vec<u8>>,
    /// The blob that was stored with these bytes.
    pub(crate) stored: HashMap<Vec<u8>, Oid>,
    /// The tree of a commit.
    pub(crate) trees: HashMap<Oid, Oid>,
    /// The first parent of a commit.
    pub(crate) parents: HashMap<Oid, Option<Oid>>,
    /// What a commit or tree has at a path.
    pub(crate) entries: HashMap<(Oid, String), Option<TreeEntry>>,
    /// What trees hold.
    folders: Folders,
    /// Whether the first comes before the second.
    pub(crate) ancestry: HashMap<(Oid, Oid), bool>,
}

/// What is known is no part of what a repository is.
impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Memo {}

impl Memo {
    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.0
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn forget(&self) {
        *self.answers() = Answers::default();
    }

    /// Forgets what blobs were stored as.
    pub(crate) fn forget_stored(&self) {
        self.answers().stored.clear();
    }

    /// The objects that are held back.
    pub(crate) fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.0
            .gathered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The tree of a commit, if it is known.
    pub(crate) fn tree_of(&self, commit: &Oid) -> Option<Oid> {
        self.answers().trees.get(commit).cloned()
    }

    /// What a tree holds, if that is at hand.
    pub(crate) fn folder(&self, tree: &Oid) -> Option<Arc<Folder>> {
        self.answers().folders.get(tree)
    }

    /// Keeps what a tree holds.
    pub(crate) fn keep_folder(&self, tree: Oid, folder: Arc<Folder>) {
        self.answers().folders.keep(tree, folder);
    }

    /// Gives back the memory of what trees hold.
    pub(crate) fn forget_folders(&self) {
        self.answers().folders = Folders::default();
    }

    /// The process that is asked, where there is one.
    pub(crate) fn conversation(&self) -> MutexGuard<'_, Option<Conversation>> {
        self.0
            .conversation
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The processes that make objects.
    pub(crate) fn writers(&self) -> MutexGuard<'_, Writers> {
        self.0
            .writers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer in `table`, or that of `ask`, which is kept.
    pub(crate) fn once<K: Hash + Eq, V: Clone>(
        &self,
        table: impl Fn(&mut Answers) -> &mut HashMap<K, V>,
        question: K,
        ask: impl FnOnce() -> Result<V>,
    ) -> Result<V> {
        if let Some(answer) = table(&mut self.answers()).get(&question) {
            return Ok(answer.clone());
        }
        let answer = ask()?;
        table(&mut self.answers()).insert(question, answer.clone());
        Ok(answer)
    }

    /// The bytes of a blob, if they are at hand.
    pub(crate) fn blob(&self, oid: &Oid) -> Option<Vec<u8>> {
        self.answers().blobs.get(oid).cloned()
    }

    /// The blob that these bytes were stored as.
    pub(crate) fn stored(&self, bytes: &[u8]) -> Option<Oid> {
        self.answers().stored.get(bytes).cloned()
    }

    /// Keeps a blob that is in the repository.
    pub(crate) fn keep_blob(&self, oid: &Oid, bytes: &[u8]) {
        if bytes.len() <= BLOB_MAX {
            self.answers().blobs.insert(oid.clone(), bytes.to_owned());
        }
    }

    /// Keeps a blob that was stored just now.
    pub(crate) fn keep_stored(&self, oid: &Oid, bytes: &[u8]) {
        self.keep_blob(oid, bytes);
        if bytes.len() <= BLOB_MAX {
            self.answers().stored.insert(bytes.to_owned(), oid.clone());
        }
    }

    /// Keeps what a commit that was just made consists of.
    pub(crate) fn keep_commit(&self, commit: &Oid, tree: &Oid, parent: Option<&Oid>) {
        let mut answers = self.answers();
        answers.trees.insert(commit.clone(), tree.clone());
        answers.parents.insert(commit.clone(), parent.cloned());
    }
}
