//! Keeps keys and values in one text file.

pub mod storage;
