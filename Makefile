SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help run dev test check gallery bench soak toolchain

# The bundling step and the server look for their files here, wherever the environment builds.
export CARGO_TARGET_DIR := $(CURDIR)/target
# Flags in the environment would replace those in .cargo/config.toml, by which both halves agree.
unexport RUSTFLAGS

# Always the same packages together: cargo then unites their features the same way, and builds
# nothing twice. The one left out is the browser's half, which the bundling step builds.
NATIVE := --workspace --exclude hydrate
BROWSER := --package hydrate --target wasm32-unknown-unknown --profile wasm-release

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: toolchain ## build what is needed and serve the console; data is kept in ./data
	@echo "Building the server. The first time takes some minutes, later ones seconds."
	cargo build $(NATIVE) --bins
	echo "Building what the browser loads, into target/site."
	target/debug/bundle
	echo "Starting the server. Stop it with Ctrl-C."
	exec target/debug/keyward serve

dev: toolchain ## the same, rebuilt and reloaded as files change, if cargo-leptos is there
	@if command -v cargo-leptos >/dev/null; then
		exec cargo leptos watch -- serve
	fi
	echo "cargo-leptos, which rebuilds as files change, is not installed. Get it with"
	echo "  cargo binstall cargo-leptos      (seconds; see https://github.com/cargo-bins/cargo-binstall)"
	echo "  cargo install --locked cargo-leptos      (from source, half an hour)"
	echo "Going on as with make run."
	exec $(MAKE) --no-print-directory run

test: toolchain ## everything: check, Rust's tests on SQLite and PostgreSQL, the console in a browser
	@took() { echo "$$1: $$((SECONDS - began)) s"; began=$$SECONDS; }
	export -f took
	began=$$SECONDS first=$$SECONDS
	end2end/setup.sh
	took "Setting up"
	$(MAKE) --no-print-directory check
	took "Formatting and lints"
	echo "Building the server and the tests."
	cargo build $(NATIVE) --all-targets
	took "Building"
	echo "Building what the browser loads, into target/site."
	target/debug/bundle
	took "Bundling"
	echo "Running the tests."
	end2end/postgres.sh bash -euc 'began=$$SECONDS; cargo test $(NATIVE); took "Tests in Rust"
		cd end2end; npx playwright test; took "Tests in a browser"'
	echo "All of it: $$((SECONDS - first)) s"

check: toolchain ## formatting and lints
	@echo "Checking the formatting, then the lints of both halves."
	cargo fmt --all --check
	cargo clippy $(NATIVE) --all-targets -- -D warnings
	cargo clippy $(BROWSER) -- -D warnings

gallery: toolchain ## pictures of every page and state, on a desk and a phone, in both themes: end2end/gallery
	@end2end/setup.sh
	cargo build $(NATIVE) --bins
	target/debug/bundle
	cd end2end
	GALLERY="$$PWD/gallery" npx playwright test

bench: toolchain ## measure verification, then the list with up to a million keys (half an hour)
	@cargo run --release --package server --example bench

soak: toolchain ## the long tests that make test leaves out
	@end2end/postgres.sh cargo test $(NATIVE) --test integration -- --ignored soak

toolchain:
	@if ! command -v cargo >/dev/null; then
		echo "Rust is missing. Install it from https://rustup.rs and run make again." >&2
		exit 1
	fi
	if ! command -v cc >/dev/null; then
		echo "A C compiler is missing: SQLite is built from source. Install one (Debian, Ubuntu: apt install build-essential; Fedora: dnf install gcc; macOS: xcode-select --install) and run make again." >&2
		exit 1
	fi
	if command -v rustup >/dev/null && ! rustc --version >/dev/null 2>&1; then
		echo "Installing the Rust version that rust-toolchain.toml names."
		rustup toolchain install
	fi
	if [[ ! -d $$(rustc --print target-libdir --target wasm32-unknown-unknown) ]]; then
		if ! command -v rustup >/dev/null; then
			echo "This Rust cannot build for browsers. Install rustup from https://rustup.rs, or your system's package for the target wasm32-unknown-unknown, and run make again." >&2
			exit 1
		fi
		echo "Adding the target wasm32-unknown-unknown."
		rustup target add wasm32-unknown-unknown
	fi
