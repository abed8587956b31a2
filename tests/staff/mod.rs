//! What staff see and do.

mod analyses;
mod campaigns;
