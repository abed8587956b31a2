//! What staff see and do.

mod analyses;
mod analysis_pages;
