//! What a spec is informed by, as content: `informed_by`, `origin`, `context`, and `tracks`.
//!
//! An input is read from the commit the run begins from; what that commit does not have (a spec or a note
//! that is not committed, everything in silent mode) is read from the checkout and brought into the worktree.
//! A missing input is an error before anything has begun.

mod fence;
mod find;
mod record;

pub(crate) use fence::{contents, fenced};
pub(crate) use find::is_url;
pub(crate) use record::record;

use chant_git::Oid;
use chant_spec::Document;

use crate::error::{Code, Error, Result};
use crate::project::Project;

/// Where an input's content comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The base commit has it.
    Base,
    /// Only the checkout has it: it has to be brought into the worktree.
    Checkout,
}

/// An input, found.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A file's content.
    File {
        /// The path from the project's root.
        path: String,
        /// The content's object id; the object is in the repository.
        oid: Oid,
        /// Where it is from.
        origin: Origin,
        /// Whether it is a spec.
        spec: bool,
    },
    /// A link; its content is not known.
    Url(String),
}

impl Source {
    /// What it is called in the prompt and in the record.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::File { path, .. } => path,
            Self::Url(url) => url,
        }
    }

    /// `file`, `spec` or `url`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::File { spec: true, .. } => "spec",
            Self::File { .. } => "file",
            Self::Url(_) => "url",
        }
    }

    /// The object id, where there is one.
    pub(crate) fn oid(&self) -> Option<&Oid> {
        match self {
            Self::File { oid, .. } => Some(oid),
            Self::Url(_) => None,
        }
    }
}

/// The spec whose file this path is, from the project's root: among the specs, or put away.
pub(crate) fn spec_of_path(path: &str) -> Option<chant_spec::SpecId> {
    let inside = path.strip_prefix(".chant/")?;
    let name = match inside.strip_prefix("specs/") {
        Some(name) if !name.contains('/') => name,
        Some(_) => return None,
        None => inside.strip_prefix("archive/")?.rsplit('/').next()?,
    };
    chant_spec::SpecId::parse(name.strip_suffix(".md")?).ok()
}

/// Finds every input of a spec, in the order it names them, each once.
pub(crate) fn gather(project: &Project, document: &Document, base: &Oid) -> Result<Vec<Source>> {
    let front = document.frontmatter();
    let named = [
        ("informed_by", &front.informed_by),
        ("origin", &front.origin),
        ("context", &front.context),
        ("tracks", &front.tracks),
    ];
    if named.iter().all(|(_, entries)| entries.is_empty()) {
        return Ok(Vec::new());
    }
    let mut finder = find::Finder::new(project, base)?;
    let mut missing = Vec::new();
    for (key, entries) in named {
        for entry in entries {
            if let Err(reason) = finder.add(entry)? {
                missing.push(format!("{key}: {entry} ({reason})"));
            }
        }
    }
    if missing.is_empty() {
        return Ok(finder.into_found());
    }
    Err(Error::new(Code::InputMissing, format!("the spec names inputs that do not exist: {}", missing.join("; ")))
        .hint("an input is a file, a directory, a glob, a spec's id or path, or a URL; finish the spec that writes it, or correct the name"))
}
