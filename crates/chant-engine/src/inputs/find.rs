//! From a name in a spec to content.

use std::collections::{BTreeMap, BTreeSet};

use chant_git::{Oid, TreeEntry};
use chant_spec::{Document, RepoPath, SpecId, repo_path};
use globset::{GlobBuilder, GlobMatcher};

use super::{Origin, Source};
use crate::error::Result;
use crate::project::Project;

/// A directory or glob that names more files than this is a mistake, not an input.
const MOST_FILES: usize = 2_000;

/// A larger input is a mistake, too.
const LARGEST: u64 = 16 << 20;

/// Why an entry gave nothing.
type Missing = String;

pub(super) struct Finder<'a> {
    project: &'a Project,
    /// The base commit's files, by path from the project's root.
    tracked: BTreeMap<String, Oid>,
    seen: BTreeSet<String>,
    found: Vec<Source>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(project: &'a Project, base: &Oid) -> Result<Self> {
        let prefix = project.prefix_text();
        let tracked = project
            .repo()
            .ls_tree(base, &[], true)?
            .into_iter()
            .filter(TreeEntry::is_file)
            .filter_map(|entry| Some((entry.path.strip_prefix(&prefix)?.to_owned(), entry.oid)))
            .collect();
        Ok(Self {
            project,
            tracked,
            seen: BTreeSet::new(),
            found: Vec::new(),
        })
    }

    pub(super) fn into_found(self) -> Vec<Source> {
        self.found
    }

    /// Adds what one entry names; `Err` says why it names nothing.
    pub(super) fn add(&mut self, entry: &str) -> Result<std::result::Result<(), Missing>> {
        if is_url(entry) {
            if self.seen.insert(entry.to_owned()) {
                self.found.push(Source::Url(entry.to_owned()));
            }
            return Ok(Ok(()));
        }
        if let Some(id) = self.spec_id(entry) {
            return self.add_spec(&id);
        }
        match repo_path(entry.trim_end_matches('/')) {
            Ok(path) => self.add_path(&path),
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    /// Adds what a spec wrote.
    pub(super) fn add_target(&mut self, target: &str) -> Result<std::result::Result<(), Missing>> {
        match repo_path(target.trim_end_matches('/')) {
            Ok(path) => self.add_path(&path),
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    fn add_path(&mut self, path: &RepoPath) -> Result<std::result::Result<(), Missing>> {
        let text = path.as_str();
        if self.is_file(text) {
            return self.add_file(text, false);
        }
        let names = if text.contains(['*', '?', '[', '{']) {
            match glob(text) {
                Ok(matcher) => self.names(|name| matcher.is_match(name)),
                Err(error) => return Ok(Err(error)),
            }
        } else {
            let inside = format!("{text}/");
            self.names(|name| name.starts_with(&inside))
        };
        if names.is_empty() {
            return Ok(Err("no such file, directory, spec or match".to_owned()));
        }
        if names.len() > MOST_FILES {
            return Ok(Err(format!(
                "names {} files, more than {MOST_FILES}",
                names.len()
            )));
        }
        for name in names {
            if let Err(reason) = self.add_file(&name, false)? {
                return Ok(Err(reason));
            }
        }
        Ok(Ok(()))
    }

    /// A spec brings its text and what it wrote.
    fn add_spec(&mut self, id: &SpecId) -> Result<std::result::Result<(), Missing>> {
        let path = match self.project.locate(id) {
            Ok(Some(found)) => found.path,
            _ => self.project.spec_path_from_root(id),
        };
        if let Err(reason) = self.add_file(&path, true)? {
            return Ok(Err(reason));
        }
        let Some(Source::File { oid, .. }) = self.found.iter().find(|source| source.name() == path)
        else {
            return Ok(Ok(()));
        };
        let Ok(document) = Document::parse(self.project.repo().blob(oid)?) else {
            return Ok(Ok(()));
        };
        for target in &document.frontmatter().target_files {
            if let Ok(target) = repo_path(target)
                && self.is_file(target.as_str())
                && let Err(reason) = self.add_file(target.as_str(), false)?
            {
                return Ok(Err(reason));
            }
        }
        Ok(Ok(()))
    }

    fn add_file(&mut self, path: &str, spec: bool) -> Result<std::result::Result<(), Missing>> {
        if !self.seen.insert(path.to_owned()) {
            return Ok(Ok(()));
        }
        let (oid, origin) = if let Some(oid) = self.tracked.get(path) {
            (oid.clone(), Origin::Base)
        } else {
            let full = self.project.root().join(path);
            if !self.inside_repository(&full) {
                return Ok(Err("leads out of the repository".to_owned()));
            }
            match chant_os::file::read_regular(&full, LARGEST) {
                Ok(bytes) => (self.project.repo().hash_object(&bytes)?, Origin::Checkout),
                Err(error) => return Ok(Err(error.to_string())),
            }
        };
        self.found.push(Source::File {
            path: path.to_owned(),
            oid,
            origin,
            spec: spec || super::spec_of_path(path).is_some(),
        });
        Ok(Ok(()))
    }

    /// The spec an entry means: `.chant/specs/<id>.md`, or an id, full or short.
    fn spec_id(&self, entry: &str) -> Option<SpecId> {
        if let Some(stem) = entry
            .strip_prefix(".chant/specs/")
            .and_then(|rest| rest.strip_suffix(".md"))
        {
            return SpecId::parse(stem).ok();
        }
        if entry.contains(['/', '*', '?']) || self.is_file(entry) {
            return None;
        }
        let id = self.project.resolve_id(entry).ok()?;
        Some(id)
    }

    fn is_file(&self, path: &str) -> bool {
        self.tracked.contains_key(path) || self.project.root().join(path).is_file()
    }

    /// A link of the checkout must not lead a run out of the repository.
    fn inside_repository(&self, full: &std::path::Path) -> bool {
        match (
            full.canonicalize(),
            self.project.repo().root().canonicalize(),
        ) {
            (Ok(full), Ok(root)) => full.starts_with(root),
            _ => true,
        }
    }

    /// Names in the base and, for what git does not know, in the checkout. `.git` is never entered, links
    /// are not followed, and the walk ends soon after too many matches.
    fn names(&self, matches: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = self
            .tracked
            .keys()
            .filter(|name| matches(name))
            .cloned()
            .collect();
        let root = self.project.root();
        let walk = ignore::WalkBuilder::new(root.join(".chant"))
            .standard_filters(false)
            .follow_links(false)
            .build()
            .chain(
                ignore::WalkBuilder::new(root)
                    .hidden(true)
                    .follow_links(false)
                    .build(),
            );
        for entry in walk.flatten() {
            if names.len() > MOST_FILES {
                break;
            }
            let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
            if let (true, Ok(path)) = (is_file, entry.path().strip_prefix(root))
                && let Some(name) = path.to_str()
                && matches(name)
            {
                names.insert(name.to_owned());
            }
        }
        names
    }
}

/// Whether an entry is an address: what it leads to is never read.
pub(crate) fn is_url(entry: &str) -> bool {
    ["http://", "https://", "ssh://", "git@", "mailto:"]
        .iter()
        .any(|scheme| entry.starts_with(scheme))
}

fn glob(text: &str) -> std::result::Result<GlobMatcher, Missing> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| error.to_string())
}
