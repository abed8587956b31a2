//! What visitors see.

mod analyses;
