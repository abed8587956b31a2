//! What visitors see.

mod analyses;

mod frame;
mod limits;
