//! What visitors see.

mod analyses;
//! The pages for readers, and what holds for every path.

mod frame;
mod limits;
