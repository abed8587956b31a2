//! What visitors see.

mod analyses;
mod pages;
mod sandbox;
