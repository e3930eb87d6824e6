//! In which order finished runs land: what another depends on before it, else those first that began first.

use crate::run::Run;

/// The runs' places, in the order in which they are to land.
pub(super) fn of(runs: &[Run<'_, '_>]) -> Vec<usize> {
    let names: Vec<(&str, &str)> = runs
        .iter()
        .map(|run| (run.record().started_at.as_str(), run.record().spec.as_str()))
        .collect();
    order(&names, |at, spec| runs[at].depends_on(spec))
}

/// `runs` are times and specs; `depends` says whether the spec of the first depends on the second.
pub(super) fn order(runs: &[(&str, &str)], depends: impl Fn(usize, &str) -> bool) -> Vec<usize> {
    let mut left: Vec<usize> = (0..runs.len()).collect();
    left.sort_by_key(|at| runs[*at]);
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = left.iter().position(|at| {
            let others = left.iter().filter(|other| *other != at);
            !others.into_iter().any(|other| depends(*at, runs[*other].1))
        });
        // What depends on itself in a circle was never ready; should it come here, it lands as it began.
        order.push(left.remove(free.unwrap_or(0)));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn what_is_built_upon_lands_first_and_circles_end() {
        let check = |edges: &[(usize, &str)], expected: &[usize]| {
            let runs = [("1", "c"), ("2", "b"), ("3", "a")];
            let order = order(&runs, |at, spec| edges.contains(&(at, spec)));
            assert_eq!(order, expected, "{edges:?}");
        };
        check(&[], &[0, 1, 2]);
        check(&[(0, "a")], &[1, 2, 0]);
        check(&[(0, "b"), (1, "a")], &[2, 1, 0]);
        check(&[(0, "b"), (1, "c")], &[2, 0, 1]);
    }
}
