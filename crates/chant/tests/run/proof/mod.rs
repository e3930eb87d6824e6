//! Red-to-green proofs, as a maintainer meets them: honest and dishonest fixes, and the ends of a reproduction.

mod endings;
mod fixes;
mod killed;
mod limits;
mod refused;
mod store;
