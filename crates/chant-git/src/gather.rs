//! Objects that are made together and stored together: git takes as long to store one as to store all of a landing's.
//!
//! They reach git as what is fetched does: as one pack (the format is that of gitformat-pack(5), version 2, without deltas), which git
//! checks, and keeps as it is or takes apart. Until then they are in memory, and every git process that might ask for one has all of
//! them stored before it starts; so nothing but a crash can tell the difference, and what a crash loses has no name yet.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use flate2::{Compression, write::ZlibEncoder};

use crate::oid::{Hasher, object_id};
use crate::reader::Object;
use crate::{GitError, Oid, Repo, Result};

/// From so many objects on git keeps them as a pack. Fewer become files of their own: packs cost everybody who looks for something.
const A_PACK: usize = 40;

/// What was made and is not stored.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// How many digits an id has; known while objects are held back.
    digits: Option<usize>,
    objects: HashMap<Oid, Object>,
    /// Their ids, as they were made.
    order: Vec<Oid>,
    /// Git could not store some: nothing that is made of them may get a name.
    lost: bool,
}

impl Gathered {
    /// Holds an object back, where that is wanted.
    fn add(&mut self, kind: &'static str, bytes: &[u8]) -> Option<Oid> {
        let oid = object_id(kind, bytes, self.digits?);
        if !self.objects.contains_key(&oid) {
            let object = Object {
                oid: oid.clone(),
                kind: kind.to_owned(),
                bytes: bytes.to_vec(),
            };
            self.objects.insert(oid.clone(), object);
            self.order.push(oid.clone());
        }
        Some(oid)
    }

    fn take(&mut self) -> Vec<Object> {
        let wanted: HashSet<Oid> = self.order.iter().cloned().collect();
        self.take_these(&wanted)
    }

    fn take_these(&mut self, wanted: &HashSet<Oid>) -> Vec<Object> {
        let (taken, left) = self.order.drain(..).partition(|oid| wanted.contains(oid));
        self.order = left;
        let taken: Vec<Oid> = taken;
        let objects = &mut self.objects;
        taken.iter().filter_map(|oid| objects.remove(oid)).collect()
    }

    /// What of it these consist of. The rest stays, because more may come that consists of it.
    fn take_reachable(&mut self, tips: &[Oid]) -> Vec<Object> {
        let mut open = tips.to_vec();
        let mut wanted = HashSet::new();
        while let Some(oid) = open.pop() {
            if let Some(object) = self.objects.get(&oid)
                && wanted.insert(oid)
            {
                open.extend(object.names());
            }
        }
        self.take_these(&wanted)
    }
}

/// While this lives, new objects are held back. Those that were not stored when it goes are forgotten.
#[must_use = "what was made is forgotten unless it is stored"]
#[derive(Debug)]
pub struct Gathering<'r> {
    repo: &'r Repo,
}

impl Gathering<'_> {
    /// Stores what these commits and trees consist of; what else was made on the way to them stays in memory. One process, or none.
    pub fn store(&self, tips: &[Oid]) -> Result<()> {
        let objects = self.repo.memo().gathered().take_reachable(tips);
        self.repo.store_pack(&objects)
    }
}

impl Drop for Gathering<'_> {
    fn drop(&mut self) {
        *self.repo.memo().gathered() = Gathered::default();
        // Some of what it remembers as stored is not.
        self.repo.memo().forget_stored();
    }
}

impl Repo {
    /// Holds new objects back from here on. `like` is an id as this repository has them.
    pub fn gather(&self, like: &Oid) -> Gathering<'_> {
        self.memo().gathered().digits = Some(like.as_str().len());
        Gathering { repo: self }
    }

    /// Holds an object back; `None` where it is to be stored at once.
    pub(crate) fn hold_back(&self, kind: &'static str, bytes: &[u8]) -> Option<Oid> {
        self.memo().gathered().add(kind, bytes)
    }

    /// The object that a name means, if it is one of those held back. Where a name begins with one and asks for more than a tree,
    /// git is to be asked, and knows it by then.
    pub(crate) fn held_back(&self, name: &str) -> Result<Option<Object>> {
        let end = name.find([':', '^']).unwrap_or(name.len());
        let Ok(oid) = name[..end].parse::<Oid>() else {
            return Ok(None);
        };
        let Some(found) = self.memo().gathered().objects.get(&oid).cloned() else {
            return Ok(None);
        };
        match (&name[end..], found.kind.as_str()) {
            ("", _) | ("^{tree}", "tree") => Ok(Some(found)),
            ("^{tree}", "commit") => match found.names().next() {
                Some(tree) => self.object(tree.as_str()),
                None => Ok(None),
            },
            _ => self.store_held_back().map(|()| None),
        }
    }

    /// Stores all that is held back. One process, or none.
    pub(crate) fn store_held_back(&self) -> Result<()> {
        let objects = self.memo().gathered().take();
        self.store_pack(&objects)
    }

    fn store_pack(&self, objects: &[Object]) -> Result<()> {
        let failed = |said: &str| GitError::Command {
            args: "unpack-objects".to_owned(),
            code: None,
            stderr: said.to_owned(),
        };
        if self.memo().gathered().lost {
            return Err(failed("objects that this needs could not be stored before"));
        }
        let Some(first) = objects.first() else {
            return Ok(());
        };
        let digits = first.oid.as_str().len();
        let pack = pack(objects, digits).map_err(|error| failed(&error.to_string()))?;
        let call = self.change().without_held_back();
        let call = if objects.len() < A_PACK {
            call.args(["unpack-objects", "-q"])
        } else {
            call.args(["index-pack", "--stdin"])
        };
        let stored = call.stdin(pack).stdout().map(drop);
        self.memo().gathered().lost |= stored.is_err();
        stored
    }
}

impl Object {
    /// The objects of this repository that it names: a commit's tree first, then its parents; all that a tree holds.
    fn names(&self) -> Box<dyn Iterator<Item = Oid> + '_> {
        match self.kind.as_str() {
            "commit" => {
                let head = std::str::from_utf8(&self.bytes).unwrap_or_else(|error| {
                    // The headers that name objects stand before whatever is not UTF-8 in a name.
                    std::str::from_utf8(&self.bytes[..error.valid_up_to()]).unwrap_or_default()
                });
                let lines = head.lines().map_while(|line| {
                    let tree = line.strip_prefix("tree ");
                    tree.or_else(|| line.strip_prefix("parent "))
                });
                Box::new(lines.filter_map(|oid| oid.parse().ok()))
            }
            "tree" => Box::new(crate::folder::ids(&self.bytes, self.oid.as_str().len() / 2)),
            _ => Box::new(std::iter::empty()),
        }
    }
}

/// The objects as one pack.
fn pack(objects: &[Object], digits: usize) -> io::Result<Vec<u8>> {
    let count = u32::try_from(objects.len()).map_err(io::Error::other)?;
    let mut bytes = b"PACK\0\0\0\x02".to_vec();
    bytes.extend(count.to_be_bytes());
    for object in objects {
        put_head(&mut bytes, &object.kind, object.bytes.len());
        let mut packed = ZlibEncoder::new(&mut bytes, Compression::fast());
        packed.write_all(&object.bytes)?;
        packed.finish()?;
    }
    let mut sum = Hasher::new(digits);
    sum.update(&bytes);
    bytes.extend(sum.finish());
    Ok(bytes)
}

/// Kind and length: seven bits a byte, the lowest first, but four in the first byte, which has the kind; the highest bit says
/// that more follow.
fn put_head(bytes: &mut Vec<u8>, kind: &str, mut length: usize) {
    let kind = match kind {
        "commit" => 1_u8,
        "tree" => 2,
        _ => 3,
    };
    let mut take = |bits: u32| {
        let low = u8::try_from(length & ((1 << bits) - 1)).unwrap_or_default();
        length >>= bits;
        low | if length > 0 { 0x80 } else { 0 }
    };
    let mut last = (kind << 4) | take(4);
    bytes.push(last);
    while last & 0x80 != 0 {
        last = take(7);
        bytes.push(last);
    }
}

#[cfg(test)]
mod tests {
    use super::put_head;

    #[test]
    fn a_length_takes_as_many_bytes_as_it_needs() {
        let check = |length: usize, expected: &[u8]| {
            let mut bytes = Vec::new();
            put_head(&mut bytes, "tree", length);
            assert_eq!(bytes, expected, "{length}");
        };
        check(0, &[0x20]);
        check(15, &[0x2f]);
        check(16, &[0xa0, 0x01]);
        check(2047, &[0xaf, 0x7f]);
        check(2048, &[0xa0, 0x80, 0x01]);
    }
}
