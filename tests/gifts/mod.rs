//! From the gift to the receipt.

mod pages;
