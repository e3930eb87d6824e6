//! From what a person types to one spec: a full id, a path, or a part of an id. Every command comes through here.

use std::fs;
use std::path::{Component, Path, PathBuf};

use chant_spec::id::{self, Resolved};
use chant_spec::{IdError, SpecId};

use crate::error::{Code, Error, Result};
use crate::index::{self, SpecRef};
use crate::project::{DOT_CHANT, Project};

impl Project {
    /// The one spec that `query` stands for. `cwd` is where the person is; only paths are relative to it.
    ///
    /// A full id costs a look at two places; only a part of one makes the folders be listed.
    pub fn resolve(&self, query: &str, cwd: &Path) -> Result<SpecRef> {
        if query.contains('/') {
            return self.resolve_path(query, cwd);
        }
        let stem = query.strip_suffix(".md").unwrap_or(query);
        if let Ok(id) = SpecId::parse(stem)
            && let Some(found) = self.locate(&id)?
        {
            return Ok(found);
        }
        self.resolve_part(stem)
    }

    /// The id that `query` stands for; never a path.
    pub fn resolve_id(&self, query: &str) -> Result<SpecId> {
        if query.contains('/') {
            return Err(not_an_id(query, IdError::Separator));
        }
        self.resolve(query, self.root()).map(|found| found.id)
    }

    /// The spec of exactly this id, wherever it lies. An error if it lies in several places.
    pub fn locate(&self, id: &SpecId) -> Result<Option<SpecRef>> {
        let name = format!("{id}.md");
        let mut found: Vec<String> = self
            .archive_folders()
            .iter()
            .map(|folder| format!("{folder}{name}"))
            .collect();
        found.insert(0, self.spec_path_from_root(id));
        found.retain(|path| fs::symlink_metadata(self.root().join(path)).is_ok());
        match found.as_slice() {
            [] => Ok(None),
            [path] => Ok(Some(self.reference(id.clone(), path.clone()))),
            several => Err(ambiguous(id.as_str(), several).hint(
                "name the one you mean by its path, for example: ".to_owned() + several[0].as_str(),
            )),
        }
    }

    /// The folders that archived specs lie in, from the project's root, with a slash at the end.
    fn archive_folders(&self) -> Vec<String> {
        let archive = format!("{DOT_CHANT}/archive/");
        let Ok(entries) = fs::read_dir(self.root().join(&archive)) else {
            return Vec::new();
        };
        let dated = entries
            .filter_map(std::result::Result::ok)
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| format!("{archive}{}/", entry.file_name().to_string_lossy()));
        let mut folders: Vec<String> = dated.collect();
        folders.push(archive.clone());
        folders
    }

    fn reference(&self, id: SpecId, path: String) -> SpecRef {
        let archived = path != self.spec_path_from_root(&id);
        SpecRef { id, path, archived }
    }

    fn resolve_part(&self, query: &str) -> Result<SpecRef> {
        let names = index::names(self)?;
        let today = chant_os::clock::today().to_string();
        match id::resolve(query, names.iter().map(|name| name.id.as_str()), &today) {
            Resolved::One(id) => {
                let id = SpecId::parse(&id).map_err(|error| not_an_id(&id, error))?;
                self.locate(&id)?.ok_or_else(|| not_found(query, &[]))
            }
            Resolved::Many(ids) => Err(ambiguous(query, &ids).hint("write more of the id")),
            Resolved::None { nearest } => Err(self.elsewhere(query, not_found(query, &nearest))),
            Resolved::Invalid(error) => Err(self.elsewhere(query, not_an_id(query, error))),
        }
    }

    /// How a spec is named that another repository has: as in `depends_on`, it is understood nowhere else.
    fn elsewhere(&self, query: &str, error: Error) -> Error {
        let other = query.split_once(':').filter(|(name, _)| {
            let known = self.config().repos.iter();
            known.into_iter().any(|repo| repo.name == *name)
        });
        match other {
            Some((name, id)) => error.hint(format!(
                "in another repository a command is run by its name: --repo {name} {id}"
            )),
            None => error,
        }
    }

    /// A path is taken as the person typed it, from where they are, else from the project's root. Only the folders
    /// of specs are ever looked into.
    fn resolve_path(&self, query: &str, cwd: &Path) -> Result<SpecRef> {
        let cwd = cwd.canonicalize().unwrap_or_else(|_| cwd.to_owned());
        for base in [cwd.as_path(), self.root()] {
            let Some(found) = self.spec_at(&normal(&base.join(query))) else {
                continue;
            };
            if fs::symlink_metadata(self.root().join(&found.path)).is_ok() {
                return Ok(found);
            }
        }
        let stem = query.rsplit('/').next().unwrap_or(query);
        let stem = stem.strip_suffix(".md").unwrap_or(stem);
        let error = Error::new(
            Code::SpecNotFound,
            format!("{query} is not the path of a spec"),
        );
        let known = SpecId::parse(stem)
            .ok()
            .and_then(|id| self.locate(&id).ok().flatten());
        Err(match known {
            Some(found) => error.hint(format!("did you mean {}?", found.path)),
            None => error.hint("run `chant list` to see all specs"),
        }
        .detail("query", query))
    }

    fn spec_at(&self, path: &Path) -> Option<SpecRef> {
        let inside = path.strip_prefix(self.root()).ok()?.to_str()?.to_owned();
        let rest = inside.strip_prefix(DOT_CHANT)?;
        let name = match rest.strip_prefix("/specs/") {
            Some(name) if !name.contains('/') => name,
            Some(_) => return None,
            None => rest.strip_prefix("/archive/")?.rsplit('/').next()?,
        };
        let stem = name.strip_suffix(".md");
        let id = SpecId::parse(stem.unwrap_or(name)).ok()?;
        let path = if stem.is_some() {
            inside
        } else {
            format!("{inside}.md")
        };
        Some(self.reference(id, path))
    }
}

/// A path without `.` and `..`, worked out on the text alone.
fn normal(path: &Path) -> PathBuf {
    path.components()
        .fold(PathBuf::new(), |mut normal, component| {
            match component {
                Component::ParentDir => drop(normal.pop()),
                Component::CurDir => {}
                other => normal.push(other),
            }
            normal
        })
}

fn not_found(query: &str, nearest: &[String]) -> Error {
    let hint = match nearest {
        [] => "run `chant list` to see all specs".to_owned(),
        nearest => format!("did you mean {}?", nearest.join(" or ")),
    };
    Error::new(Code::SpecNotFound, format!("no spec matches {query:?}"))
        .hint(hint)
        .detail("query", query)
        .detail("nearest", nearest.to_vec())
}

fn ambiguous(query: &str, candidates: &[String]) -> Error {
    Error::new(
        Code::SpecAmbiguous,
        format!("{query:?} could be any of: {}", candidates.join(", ")),
    )
    .detail("query", query)
    .detail("candidates", candidates.to_vec())
}

fn not_an_id(query: &str, error: IdError) -> Error {
    Error::new(
        Code::SpecNameInvalid,
        format!("{query:?} can not be a spec: {error}"),
    )
    .hint("run `chant list` to see all specs")
    .detail("query", query)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use chant_testkit::TestRepo;

    use super::*;

    fn project() -> (TestRepo, Project) {
        let repo = TestRepo::new();
        for path in [
            "specs/001-first",
            "specs/010-second",
            "specs/x",
            "specs/x.1",
            "specs/twice",
            "archive/2026-01-01/twice",
            "archive/2026-01-01/old",
        ] {
            repo.write(
                &format!(".chant/{path}.md"),
                "---\nstatus: pending\n---\n\n# T\n",
            );
        }
        repo.write("docs/other.md", "");
        let project = Project::open(repo.path()).unwrap();
        (repo, project)
    }

    /// The path that is found, or the error's code.
    fn check(query: &str, from: &str, expect: std::result::Result<&str, Code>) {
        let (repo, project) = project();
        let found = project.resolve(query, &repo.path().join(from));
        let found = found.map(|found| found.path).map_err(|error| error.code);
        assert_eq!(found, expect.map(str::to_owned), "{query} from {from:?}");
    }

    #[test]
    fn ids_and_parts_of_them() {
        check("001-first", "", Ok(".chant/specs/001-first.md"));
        check("001-first.md", "", Ok(".chant/specs/001-first.md"));
        check("second", "docs", Ok(".chant/specs/010-second.md"));
        check("x", "", Ok(".chant/specs/x.md"));
        check("x.1", "", Ok(".chant/specs/x.1.md"));
        check("old", "", Ok(".chant/archive/2026-01-01/old.md"));
        check("0", "", Err(Code::SpecAmbiguous));
        check("nothing-like-it", "", Err(Code::SpecNotFound));
        check("", "", Err(Code::SpecNameInvalid));
    }

    #[test]
    fn paths_from_where_one_is_and_from_the_root() {
        check(
            ".chant/specs/001-first.md",
            "",
            Ok(".chant/specs/001-first.md"),
        );
        check(
            "../.chant/specs/001-first.md",
            "docs",
            Ok(".chant/specs/001-first.md"),
        );
        check(
            "./001-first.md",
            ".chant/specs",
            Ok(".chant/specs/001-first.md"),
        );
        check(
            ".chant/specs/001-first.md",
            "docs",
            Ok(".chant/specs/001-first.md"),
        );
        check(
            ".chant/archive/2026-01-01/old.md",
            "",
            Ok(".chant/archive/2026-01-01/old.md"),
        );
    }

    #[test]
    fn nothing_outside_the_folders_of_specs_is_a_spec() {
        check("../x", "", Err(Code::SpecNotFound));
        check("docs/other.md", "", Err(Code::SpecNotFound));
        check(
            ".chant/specs/../../docs/other.md",
            "",
            Err(Code::SpecNotFound),
        );
        check("/etc/passwd", "", Err(Code::SpecNotFound));
        check("..", "", Err(Code::SpecNameInvalid));
        check("-x\0", "", Err(Code::SpecNameInvalid));
    }

    #[test]
    fn one_id_in_two_places_needs_its_path() {
        check("twice", "", Err(Code::SpecAmbiguous));
        check(".chant/specs/twice.md", "", Ok(".chant/specs/twice.md"));
        check(
            ".chant/archive/2026-01-01/twice.md",
            "",
            Ok(".chant/archive/2026-01-01/twice.md"),
        );
    }
}
