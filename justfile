# Shows what can be done
default:
    @just --list --unsorted

# Talks to the bot in this terminal: just chat --locale en
chat *args:
    cargo run --locked -- chat {{args}}

# Runs every test on both databases; arguments go to the test runner
test *args:
    scripts/test {{args}}

# Checks format, lints and documentation
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

# Formats the code
fmt:
    cargo fmt

# Writes the evenings of tests/it/stories.rs anew; read the difference as a guest would
stories:
    INSTA_UPDATE=always scripts/with-postgres cargo test --locked --test it stories

# Kills the program at random moments, behind each door and on each database as often as asked: just crash 130
crash kills='130':
    CRASH_KILLS={{kills}} scripts/with-postgres cargo test --locked --test it crash -- --nocapture

# Breaks whatever can break, at every stage of an order: just chaos, or just chaos 10 for some cells of each table
chaos cells='all':
    CHAOS={{cells}} scripts/with-postgres cargo test --locked --test it chaos -- --nocapture

# Kills the process that sends a message to everyone: just broadcast 10000 20
broadcast people='10000' kills='20':
    BROADCAST_PEOPLE={{people}} BROADCAST_KILLS={{kills}} scripts/with-postgres cargo test --locked --test it killed_while -- --nocapture

# Measures one of benches/: just bench history
bench name:
    scripts/with-postgres cargo bench --locked --bench {{name}}

# Loads the shop with people and says what came of it: just load, or just load evening. Half an hour for everything
load *args:
    scripts/load {{args}}

# Feeds a reader of what strangers send with bytes of the fuzzer's own making: just fuzz answer 3600. Wants nightly and cargo-fuzz
fuzz target seconds='600':
    mkdir -p fuzz/found/{{target}}
    cargo +nightly fuzz run --codegen-units 16 {{target}} fuzz/found/{{target}} fuzz/corpus/{{target}} -- -max_total_time={{seconds}} -dict=fuzz/dictionaries/{{target}}.dict -max_len=16384 -timeout=10 -rss_limit_mb=2048

# Each of them in turn, until one is broken
fuzz-all seconds='600':
    for target in $(ls fuzz/corpus); do just fuzz $target {{seconds}} || exit 1; done

# Everything that must pass before a change is taken
ci:
    .ci/run
