//! Which spec starts next. Pure: everything it goes by is given to it.
//!
//! A spec may start while there is a place in each of its pools (all runs, its agent, that agent's account, each of its labels)
//! and nobody is at work on the same files. Of those that may, the highest priority comes first, then the
//! label that was served longest ago, then the oldest.

use std::collections::HashMap;

use crate::room::Limit;
use crate::targets::overlap;

/// A limit's position in [`Load`].
pub(super) type Pool = usize;

/// A spec that could be worked now.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidate {
    /// Whose it is: handed back, and looked at by nobody here.
    pub key: usize,
    /// Higher before lower.
    pub priority: i32,
    /// What it shares its turn with: its first label.
    pub lane: String,
    /// The oldest has the lowest.
    pub age: usize,
    /// The limits that count for it.
    pub pools: Vec<Pool>,
    /// The files it is about.
    pub targets: Vec<String>,
}

/// One limit and how much of it is used.
#[derive(Debug)]
struct Places {
    limit: Limit,
    all: usize,
    used: usize,
    /// Others of this clone hold the rest, as was last seen.
    taken_elsewhere: bool,
}

/// What is at work.
#[derive(Debug, Default)]
pub(super) struct Load {
    pools: Vec<Places>,
    /// The files that are worked on, with whose they are.
    targets: HashMap<usize, Vec<String>>,
    /// When each lane was served last.
    served: HashMap<String, u64>,
    starts: u64,
}

impl Load {
    /// Adds a limit, or finds it; the smaller number counts.
    pub(super) fn pool(&mut self, limit: Limit, all: usize) -> Pool {
        if let Some(at) = self.pools.iter().position(|pool| pool.limit == limit) {
            self.pools[at].all = self.pools[at].all.min(all);
            return at;
        }
        self.pools.push(Places {
            limit,
            all,
            used: 0,
            taken_elsewhere: false,
        });
        self.pools.len() - 1
    }

    /// What a pool limits, and to how many.
    pub(super) fn limit(&self, pool: Pool) -> (&Limit, usize) {
        (&self.pools[pool].limit, self.pools[pool].all)
    }

    /// How many of a pool's places are ours.
    pub(super) fn used(&self, pool: Pool) -> usize {
        self.pools[pool].used
    }

    /// Counts a start.
    pub(super) fn begin(&mut self, candidate: &Candidate) {
        self.starts += 1;
        self.served.insert(candidate.lane.clone(), self.starts);
        for &pool in &candidate.pools {
            self.pools[pool].used += 1;
        }
        if !candidate.targets.is_empty() {
            self.targets
                .insert(candidate.key, candidate.targets.clone());
        }
    }

    /// Its agent is done: its places are free. Its files are its own until it landed.
    pub(super) fn leave(&mut self, candidate: &Candidate) {
        for &pool in &candidate.pools {
            self.pools[pool].used = self.pools[pool].used.saturating_sub(1);
        }
    }

    /// It landed, or will not.
    pub(super) fn release(&mut self, key: usize) {
        self.targets.remove(&key);
    }

    /// Others hold what is left of a pool.
    pub(super) fn taken_elsewhere(&mut self, pool: Pool) {
        self.pools[pool].taken_elsewhere = true;
    }

    /// Others may have given places back.
    pub(super) fn look_again(&mut self) {
        for pool in &mut self.pools {
            pool.taken_elsewhere = false;
        }
    }

    fn has_place(&self, candidate: &Candidate) -> bool {
        candidate
            .pools
            .iter()
            .map(|&pool| &self.pools[pool])
            .all(|pool| pool.used < pool.all && !pool.taken_elsewhere)
    }

    fn keeps_apart(&self, candidate: &Candidate) -> bool {
        let mine = || candidate.targets.iter();
        self.targets
            .values()
            .flatten()
            .any(|taken| mine().any(|target| overlap(taken, target)))
    }
}

/// The position of the candidate that starts next; none where each has to wait.
pub(super) fn next(ready: &[Candidate], load: &Load) -> Option<usize> {
    let turn = |candidate: &Candidate| {
        let served = load.served.get(&candidate.lane).copied().unwrap_or(0);
        (-i64::from(candidate.priority), served, candidate.age)
    };
    let mut best: Option<((i64, u64, usize), usize)> = None;
    for (at, candidate) in ready.iter().enumerate() {
        let turn = turn(candidate);
        // Files are compared last, because that takes longest.
        if best.as_ref().is_none_or(|(known, _)| turn < *known)
            && load.has_place(candidate)
            && !load.keeps_apart(candidate)
        {
            best = Some((turn, at));
        }
    }
    best.map(|(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(age: usize, lane: &str) -> Candidate {
        Candidate {
            key: age,
            age,
            lane: lane.to_owned(),
            ..Candidate::default()
        }
    }

    /// Starts what may start, and says in which order.
    fn order(mut ready: Vec<Candidate>, load: &mut Load) -> Vec<usize> {
        let mut started = Vec::new();
        while let Some(at) = next(&ready, load) {
            let candidate = ready.remove(at);
            load.begin(&candidate);
            started.push(candidate.key);
        }
        started
    }

    #[test]
    fn the_oldest_first_and_labels_in_turn() {
        let ready = vec![
            candidate(0, "a"),
            candidate(1, "a"),
            candidate(2, "a"),
            candidate(3, "b"),
            candidate(4, "b"),
        ];
        assert_eq!(order(ready, &mut Load::default()), [0, 3, 1, 4, 2]);
    }

    #[test]
    fn a_higher_priority_comes_before_any_turn() {
        let mut ready = vec![candidate(0, "a"), candidate(1, "b"), candidate(2, "b")];
        ready[2].priority = 5;
        ready[0].priority = -1;
        assert_eq!(order(ready, &mut Load::default()), [2, 1, 0]);
    }

    #[test]
    fn a_full_pool_holds_up_only_its_own() {
        let mut load = Load::default();
        let one = load.pool(Limit::Agent("one".to_owned()), 1);
        let all = load.pool(Limit::All, 3);
        assert_eq!(load.pool(Limit::Agent("one".to_owned()), 7), one);
        let mut ready: Vec<Candidate> = (0..6).map(|age| candidate(age, "")).collect();
        for candidate in &mut ready {
            candidate.pools.push(all);
        }
        ready[0].pools.push(one);
        ready[1].pools.push(one);
        let first = ready[0].clone();
        assert_eq!(order(ready.clone(), &mut load), [0, 2, 3]);
        load.leave(&first);
        assert_eq!(order(ready[1..2].to_vec(), &mut load), [1]);
        load.leave(&first);
        load.taken_elsewhere(one);
        assert_eq!(order(ready[1..2].to_vec(), &mut load), [] as [usize; 0]);
        load.look_again();
        assert_eq!(order(ready[1..2].to_vec(), &mut load), [1]);
    }

    #[test]
    fn the_same_files_are_kept_apart_until_they_landed() {
        let mut load = Load::default();
        let mut ready = vec![candidate(0, ""), candidate(1, ""), candidate(2, "")];
        ready[0].targets = vec!["src/a.rs".to_owned()];
        ready[1].targets = vec!["src".to_owned()];
        let first = ready[0].clone();
        assert_eq!(order(ready.clone(), &mut load), [0, 2]);
        load.leave(&first);
        assert_eq!(order(ready[1..2].to_vec(), &mut load), [] as [usize; 0]);
        load.release(0);
        assert_eq!(order(ready[1..2].to_vec(), &mut load), [1]);
    }
}
