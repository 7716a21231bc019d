//! Nothing is built here; it only tells cargo which folders are compiled in besides the sources.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=locales");
}
