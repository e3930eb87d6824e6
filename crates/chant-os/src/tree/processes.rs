//! The table of processes.
