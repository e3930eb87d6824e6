//! Objects in and out: blobs, and what a tree holds.

use crate::{Oid, Repo, Result, call::records, path::text};

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Git's mode: `100644` a file, `100755` an executable one, `120000` a link, `160000` a submodule, `040000` a folder.
    pub mode: String,
    /// The object.
    pub oid: Oid,
    /// The path from the repository's root. What is not UTF-8 in it is shown as `�`.
    pub path: String,
}

impl TreeEntry {
    /// Whether it is a plain file, executable or not.
    pub fn is_file(&self) -> bool {
        self.mode.starts_with("100")
    }

    /// Whether it is a folder.
    pub fn is_tree(&self) -> bool {
        self.mode == "040000"
    }

    /// Whether it is a symbolic link.
    pub fn is_link(&self) -> bool {
        self.mode == "120000"
    }

    /// From `<mode> <type> <oid>\t<path>`.
    fn parse(record: &[u8]) -> Option<Self> {
        let tab = record.iter().position(|byte| *byte == b'\t')?;
        let facts = std::str::from_utf8(&record[..tab]).ok()?;
        let mut facts = facts.split(' ');
        let (mode, _kind, oid) = (facts.next()?, facts.next()?, facts.next()?);
        Some(Self {
            mode: mode.to_owned(),
            oid: oid.parse().ok()?,
            path: text(&record[tab + 1..]),
        })
    }
}

impl Repo {
    /// Stores bytes as a blob. No process of its own.
    pub fn hash_object(&self, bytes: &[u8]) -> Result<Oid> {
        if let Some(oid) = self.memo().stored(bytes) {
            return Ok(oid);
        }
        let oid = match self.try_store("blob", bytes) {
            Some(oid) => oid,
            None => self
                .change()
                .args(["hash-object", "-w", "--stdin"])
                .stdin(bytes)
                .oid()?,
        };
        self.memo().keep_stored(&oid, bytes);
        Ok(oid)
    }

    /// A blob's bytes. No process of its own.
    pub fn blob(&self, oid: &Oid) -> Result<Vec<u8>> {
        if let Some(bytes) = self.memo().blob(oid) {
            return Ok(bytes);
        }
        let bytes = match self.object(oid.as_str())? {
            Some(object) if object.kind == "blob" => object.bytes,
            // So that git itself says what is wrong.
            _ => self
                .look()
                .args(["cat-file", "blob", oid.as_str()])
                .stdout()?,
        };
        self.memo().keep_blob(oid, &bytes);
        Ok(bytes)
    }

    /// Many blobs' bytes, in order. One process, or none.
    pub fn blobs(&self, oids: &[Oid]) -> Result<Vec<Vec<u8>>> {
        if oids.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: String = oids.iter().flat_map(|oid| [oid.as_str(), "\n"]).collect();
        let ran = self
            .look()
            .args(["cat-file", "--batch"])
            .stdin(wanted)
            .run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        let mut rest = ran.stdout();
        let mut blobs = Vec::with_capacity(oids.len());
        for _ in oids {
            let (blob, behind) =
                take_blob(rest).ok_or_else(|| ran.unexpected(&rest[..rest.len().min(100)]))?;
            blobs.push(blob.to_vec());
            rest = behind;
        }
        Ok(blobs)
    }

    /// The bytes of the blobs that some names (`<tree>:<path>`) mean, in order; `None` where a name means no blob. One
    /// process, or none.
    pub fn contents(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        // A name with a line end in it cannot be asked for here. Nothing that chant looks up this way has one.
        let asked = |name: &&String| !name.contains('\n');
        let wanted: String = names
            .iter()
            .filter(asked)
            .flat_map(|name| [name.as_str(), "\n"])
            .collect();
        let ran = self
            .look()
            .args(["cat-file", "--batch"])
            .stdin(wanted)
            .run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        let mut rest = ran.stdout();
        let mut contents = Vec::with_capacity(names.len());
        for name in names {
            if !asked(&name) {
                contents.push(None);
                continue;
            }
            let (found, behind) =
                take_object(rest).ok_or_else(|| ran.unexpected(&rest[..rest.len().min(100)]))?;
            contents.push(found.map(<[u8]>::to_vec));
            rest = behind;
        }
        Ok(contents)
    }

    /// What commits or trees have at paths, in order; `None` where there is nothing. One process, or none.
    pub fn ids_at(&self, places: &[(Oid, String)]) -> Result<Vec<Option<Oid>>> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        // A name of two lines would be two questions.
        let ask = |(treeish, path): &(Oid, String)| {
            if path.contains('\n') {
                "\n".to_owned()
            } else {
                format!("{treeish}:{path}\n")
            }
        };
        self.ids_of(places.iter().map(ask).collect())
    }

    /// The commits that these ids, full or short, mean, in order; `None` where one means none. One process, or none.
    pub fn commits_named(&self, ids: &[String]) -> Result<Vec<Option<Oid>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let is_id = |id: &str| id.len() >= 4 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let ask = |id: &String| {
            if is_id(id) {
                format!("{id}^{{commit}}\n")
            } else {
                "\n".to_owned()
            }
        };
        self.ids_of(ids.iter().map(ask).collect())
    }

    /// The ids of what is named, one name a line.
    fn ids_of(&self, names: String) -> Result<Vec<Option<Oid>>> {
        let asked = names.lines().count();
        let ran = self
            .look()
            .args(["cat-file", "--batch-check=%(objectname)"])
            .stdin(names)
            .run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        let text = String::from_utf8_lossy(ran.stdout());
        let found: Vec<Option<Oid>> = text.lines().map(|line| line.parse().ok()).collect();
        if found.len() == asked {
            Ok(found)
        } else {
            Err(ran.unexpected(ran.stdout()))
        }
    }

    /// What a commit or tree has at `path`: a file, link, submodule or folder. No process of its own.
    pub fn read_file(&self, treeish: &Oid, path: &str) -> Result<Option<TreeEntry>> {
        let path = path.trim_end_matches('/');
        if path.is_empty() || path.contains('\0') {
            return Ok(None);
        }
        let question = (treeish.clone(), path.to_owned());
        self.memo().once(
            |known| &mut known.entries,
            question,
            || self.entry(treeish, path),
        )
    }

    fn entry(&self, treeish: &Oid, path: &str) -> Result<Option<TreeEntry>> {
        if self.folder(treeish)?.is_none() {
            // So that git itself says what is wrong.
            let mut listed = self.ls_tree(treeish, &[path], false)?.into_iter();
            return Ok(listed.find(|entry| entry.path == path));
        }
        self.walk_to(treeish, path)
    }

    /// The entries of a commit or tree: those at `paths`, or with no paths those at the top. `recursive` lists the files in
    /// folders instead of the folders. One process.
    pub fn ls_tree(
        &self,
        treeish: &Oid,
        paths: &[&str],
        recursive: bool,
    ) -> Result<Vec<TreeEntry>> {
        let mut call = self.look().args(["ls-tree", "-z", "--full-tree"]);
        if recursive {
            call = call.arg("-r");
        }
        let ran = call.args([treeish.as_str(), "--"]).args(paths).run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        records(ran.stdout())
            .map(|record| TreeEntry::parse(record).ok_or_else(|| ran.unexpected(record)))
            .collect()
    }
}

/// Takes one answer off the front: an object of whatever kind (`None` where it is no blob), or that there is none.
fn take_object(bytes: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (head, behind) = (&bytes[..end], &bytes[end + 1..]);
    if head.ends_with(b" missing") || head.ends_with(b" ambiguous") {
        return Some((None, behind));
    }
    // The name that was asked for is not repeated where it was found.
    let mut head = std::str::from_utf8(head).ok()?.split(' ').skip(1);
    let (kind, size) = (head.next()?, head.next()?.parse::<usize>().ok()?);
    let found = behind.get(..size)?;
    Some(((kind == "blob").then_some(found), behind.get(size + 1..)?))
}

/// Takes `<oid> blob <size>\n<bytes>\n` off the front.
fn take_blob(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = bytes.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&bytes[..line]).ok()?;
    let mut head = head.split(' ').skip(1);
    let (kind, size) = (head.next()?, head.next()?.parse::<usize>().ok()?);
    let body = &bytes[line + 1..];
    (kind == "blob" && body.len() > size).then(|| (&body[..size], &body[size + 1..]))
}
