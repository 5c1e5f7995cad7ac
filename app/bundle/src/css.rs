//! One style sheet out of many: inlines imports and drops what only people read.
//!
//! It knows where text may be shortened without a change of meaning, and nothing of what the rules
//! say. Strings, escapes and bare `url(...)` pass untouched.

/// The sheet with each line `@import "file.css" layer(name);` replaced by that file, wrapped in its
/// layer, and all of it minified. `read` gives the text of an imported file.
pub(crate) fn bundle(sheet: &str, read: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut whole = String::new();
    for line in sheet.lines() {
        if let Some((file, layer)) = import(line) {
            whole.extend(["@layer ", layer, "{", &minify(&read(file)?), "}"]);
        } else {
            whole.extend([line, "\n"]);
        }
    }
    let whole = minify(&whole);
    // A browser ignores an import that is not at the head of its sheet, so one left over is a lost file.
    if whole.contains("@import") {
        return Err("an import could not be inlined; write it in the main sheet, on a line of its own, as `@import \"file.css\" layer(name);`".into());
    }
    Ok(whole)
}

/// The file and the layer of an import line.
fn import(line: &str) -> Option<(&str, &str)> {
    let (file, layer) = line.trim().strip_prefix("@import \"")?.split_once("\" layer(")?;
    Some((file, layer.strip_suffix(");")?))
}

/// What lies between two pieces of text.
#[derive(Clone, Copy, PartialEq)]
enum Gap {
    Nothing,
    Comment,
    Space,
}

/// The same sheet without comments, needless whitespace and last semicolons.
fn minify(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    let mut gap = Gap::Nothing;
    let mut last = "";
    while let Some(next) = rest.chars().next() {
        if next.is_ascii_whitespace() {
            gap = Gap::Space;
            rest = &rest[1..];
            continue;
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            if gap == Gap::Nothing {
                gap = Gap::Comment;
            }
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
            continue;
        }
        // After a colon a space never matters; before one it does (`a :hover`).
        let opens = matches!(last, "" | "{" | "}" | ";" | "," | "(" | ":");
        if !opens && !matches!(next, '{' | '}' | ';' | ',' | ')' | '!') {
            match gap {
                Gap::Nothing => {}
                // A comment separates two words but is no descendant combinator, as a space would be.
                Gap::Comment => out.push_str("/**/"),
                Gap::Space => out.push(' '),
            }
        }
        if next == '}' && last == ";" {
            out.pop();
        }
        let (piece, after) = rest.split_at(piece_length(rest, next));
        out.push_str(piece);
        last = piece;
        gap = Gap::Nothing;
        rest = after;
    }
    out
}

/// How many bytes from here on pass untouched, `first` being the first character.
fn piece_length(rest: &str, first: char) -> usize {
    match first {
        '"' | '\'' => {
            let mut escaped = false;
            let end = rest.bytes().skip(1).position(|byte| {
                let closes = !escaped && char::from(byte) == first;
                escaped = !escaped && byte == b'\\';
                closes
            });
            end.map_or(rest.len(), |inside| inside + 2)
        }
        '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        'u' if rest.starts_with("url(") && !rest[4..].trim_start().starts_with(['"', '\'']) => {
            rest.find(')').map_or(rest.len(), |close| close + 1)
        }
        _ => first.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_and_what_stays() {
        let cases = [
            // Whitespace and last semicolons go.
            ("a {\n  color: red;\n  margin: 0 auto;\n}\n", "a{color:red;margin:0 auto}"),
            ("a, b { c: d ; } e { }", "a,b{c:d}e{}"),
            ("a { b: c !important; }", "a{b:c!important}"),
            (
                "@layer a, b;\n@media (width < 40rem) and ( pointer: fine ) { a { b: c } }",
                "@layer a,b;@media (width < 40rem) and (pointer:fine){a{b:c}}",
            ),
            // Spaces that are combinators or operators stay.
            (".a :hover  .b { & + c:not(.d) e { f: g } }", ".a :hover .b{& + c:not(.d) e{f:g}}"),
            ("a { b: calc(var(--c) / 2 - .5rem); d: 0 0 0 / 1 }", "a{b:calc(var(--c) / 2 - .5rem);d:0 0 0 / 1}"),
            ("a { --empty: ; b: c }", "a{--empty:;b:c}"),
            // Comments go, and never join or part what they stood between.
            ("/* a; } */ a { /* b */ c: d; /* e */ }", "a{c:d}"),
            ("a /* b */ c/* d */.e {}", "a c/**/.e{}"),
            ("a { b: c } /* never closed", "a{b:c}"),
            // Strings, escapes and bare addresses pass untouched.
            (
                r#"a::after { content: "  ; /* } \" \\"; b: ' \' {  ' }"#,
                r#"a::after{content:"  ; /* } \" \\";b:' \' {  '}"#,
            ),
            (r".a\:  b, .\;  c { d: \; }", r".a\: b,.\; c{d:\;}"),
            ("a { b: url(data:x/*,  y;) ; c: url( \"d)  e\" ) }", "a{b:url(data:x/*,  y;);c:url(\"d)  e\")}"),
            ("a { content: \"\u{2192}  \u{b7}\" /* \u{e9} */ }", "a{content:\"\u{2192}  \u{b7}\"}"),
        ];
        for (sheet, expected) in cases {
            assert_eq!(minify(sheet), expected, "{sheet}");
            assert_eq!(minify(expected), expected, "a minified sheet is as short as it gets");
        }
    }

    #[test]
    fn imports_become_layers_in_order() {
        let read = |file: &str| match file {
            "one.css" => Ok("a { b: c }".into()),
            "two.css" => Ok("d { e: f } /* open to the end".into()),
            _ => Err(format!("no {file}")),
        };
        let sheet =
            "/* head */\n@layer x, y;\n@import \"one.css\" layer(x);\n  @import \"two.css\" layer(y);\ng { h: i }";
        assert_eq!(bundle(sheet, read).unwrap(), "@layer x,y;@layer x{a{b:c}}@layer y{d{e:f}}g{h:i}");
        assert_eq!(bundle("@import \"three.css\" layer(x);", read).unwrap_err(), "no three.css");
    }

    #[test]
    fn an_import_that_cannot_be_inlined_is_an_error() {
        for sheet in ["@import \"one.css\";", "@import url(one.css) layer(x);", "a{} @import \"one.css\" layer(x);"] {
            assert!(bundle(sheet, |_| Ok(String::new())).is_err(), "{sheet}");
        }
        assert!(bundle("@import \"one.css\" layer(x);", |_| Ok("@import \"two.css\" layer(x);".into())).is_err());
    }
}
