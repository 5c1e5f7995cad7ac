//! One style sheet out of many.

use crate::Outcome;

/// The sheet with each line `@import "file.css" layer(name);` replaced by that file, wrapped in its layer. `read` gives
/// the text of an imported file.
pub(crate) fn bundle(sheet: &str, read: impl Fn(&str) -> Outcome<String>) -> Outcome<String> {
    let mut whole = String::new();
    for line in sheet.lines() {
        if let Some((file, layer)) = import(line) {
            whole.extend(["@layer ", layer, " {\n", &read(file)?, "}\n"]);
        } else {
            whole.extend([line, "\n"]);
        }
    }
    // A browser ignores an import that is not at the head of its sheet, so one left over is a lost file.
    if whole.contains("@import") {
        return Err("an import could not be resolved; write it in the main sheet, on a line of its own, as `@import \"file.css\" layer(name);`".into());
    }
    Ok(whole)
}

/// The file and the layer of an import line.
fn import(line: &str) -> Option<(&str, &str)> {
    let (file, layer) = line.trim().strip_prefix("@import \"")?.split_once("\" layer(")?;
    Some((file, layer.strip_suffix(");")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_become_layers_in_order() {
        let read = |file: &str| match file {
            "one.css" => Ok("a { b: c }\n".into()),
            "two.css" => Ok("d { e: f }\n".into()),
            _ => Err(format!("no {file}")),
        };
        let sheet = "@layer x, y;\n@import \"one.css\" layer(x);\n  @import \"two.css\" layer(y);\ng { h: i }";
        let whole = "@layer x, y;\n@layer x {\na { b: c }\n}\n@layer y {\nd { e: f }\n}\ng { h: i }\n";
        assert_eq!(bundle(sheet, read).unwrap(), whole);
        assert_eq!(bundle("@import \"three.css\" layer(x);", read).unwrap_err(), "no three.css");
    }

    #[test]
    fn an_import_that_cannot_be_resolved_is_an_error() {
        for sheet in ["@import \"one.css\";", "@import url(one.css) layer(x);", "a{} @import \"one.css\" layer(x);"] {
            assert!(bundle(sheet, |_| Ok(String::new())).is_err(), "{sheet}");
        }
        assert!(bundle("@import \"one.css\" layer(x);", |_| Ok("@import \"two.css\" layer(x);".into())).is_err());
    }
}
