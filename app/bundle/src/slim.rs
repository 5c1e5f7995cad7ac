//! Makes modules of WebAssembly smaller than the compiler and the linker leave them.

use crate::{Outcome, site::about};
use std::{convert::Infallible, ops::Range};
use wasm_encoder::{
    Encode, ImportSection, Module, RawSection,
    reencode::{Error, Reencode},
};
use wasmparser::{
    BinaryReaderError, CustomSectionReader, Import, Imports, KnownCustom, Name, Parser, Payload, TypeRef,
};

/// What the names of functions that no page calls have in them. Islands come to life at once; each view whose type the
/// framework erases could do so piece by piece, too, and what that needs would be a tenth of the program.
const NEVER_CALLED: &str = "into_any13hydrate_async";

/// The program with functions that no page calls emptied, so that nothing is kept for their sake. Its linker left notes
/// of what each function refers to.
pub(crate) fn without_uncalled(wasm: &[u8]) -> Outcome<Vec<u8>> {
    empty(wasm).map_err(about("read", "the program"))
}

fn empty(wasm: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let bodies = uncalled(wasm)?;
    let mut emptied = wasm.to_vec();
    for body in &bodies {
        // No variables; it ends the program; the rest does nothing, so that everything stays at its place.
        let body = &mut emptied[bytes(body)];
        body.fill(0x01);
        body[..2].fill(0x00);
        body[body.len() - 1] = 0x0b;
    }
    let mut module = Module::new();
    let (mut place, mut code) = (0, (0, 0));
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::CodeSectionStart { range, .. } = &payload {
            code = (place, range.start);
        }
        let Some((id, range)) = payload.as_section() else { continue };
        place += 1;
        let notes = match &payload {
            Payload::CustomSection(section) => notes(section, code, &bodies)?,
            _ => None,
        };
        match notes {
            Some(data) => module.section(&RawSection { id, data: &data }),
            None => module.section(&RawSection { id, data: &emptied[bytes(&range)] }),
        };
    }
    Ok(module.finish())
}

/// The bodies of functions that no page calls.
fn uncalled(wasm: &[u8]) -> Result<Vec<Range<u64>>, BinaryReaderError> {
    let (mut imported, mut bodies, mut found) = (0, Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.range()),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                for name in names {
                    let Name::Function(functions) = name? else { continue };
                    for function in functions {
                        let function = function?;
                        let place = (function.index as usize).checked_sub(imported);
                        if let Some(body) = place.and_then(|place| bodies.get(place))
                            && function.name.contains(NEVER_CALLED)
                        {
                            found.push(body.clone());
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The linker's notes about the code, if the section is that, without those about these bodies. `code` is the place of
/// the code among the sections, and where it starts.
fn notes(
    section: &CustomSectionReader<'_>,
    code: (u32, u64),
    bodies: &[Range<u64>],
) -> Result<Option<Vec<u8>>, BinaryReaderError> {
    let KnownCustom::Reloc(notes) = section.as_known() else { return Ok(None) };
    if notes.section_index() != code.0 {
        return Ok(None);
    }
    let start = section.data_offset();
    let mut places = Vec::new();
    for note in notes.entries().into_iter_with_offsets() {
        let (place, note) = note?;
        let about = code.1 + u64::from(note.offset);
        places.push((place - start, !bodies.iter().any(|body| body.contains(&about))));
    }
    let ends = places.iter().skip(1).map(|(place, _)| *place).chain([section.data().len() as u64]);
    let (mut count, mut kept) = (0u32, Vec::<u8>::new());
    for (&(place, is_kept), end) in places.iter().zip(ends) {
        if is_kept {
            count += 1;
            kept.extend(&section.data()[bytes(&(place..end))]);
        }
    }
    let mut data = Vec::new();
    section.name().encode(&mut data);
    code.0.encode(&mut data);
    count.encode(&mut data);
    data.extend(kept);
    Ok(Some(data))
}

/// A range that lies in what was read into memory.
fn bytes(range: &Range<u64>) -> Range<usize> {
    let place = |place: u64| usize::try_from(place).expect("it lies in memory");
    place(range.start)..place(range.end)
}

/// A module as browsers get it: its numbers take as few bytes as they can, where the linker left room to change them; what
/// it imports from the glue has a short name in both; and it has no custom sections, which are names of functions and who
/// made it.
pub(crate) fn rewrite(wasm: &[u8], glue: &mut String) -> Outcome<Vec<u8>> {
    let mut module = Module::new();
    let mut rewrite = Rewrite { glue, names: 0 };
    rewrite.parse_core_module(&mut module, Parser::new(0), wasm).map_err(about("read", "a module"))?;
    Ok(module.finish())
}

struct Rewrite<'a> {
    glue: &'a mut String,
    /// How many names were given.
    names: usize,
}

impl Reencode for Rewrite<'_> {
    type Error = Infallible;

    fn parse_imports(&mut self, section: &mut ImportSection, imports: Imports<'_>) -> Result<(), Error> {
        for import in imports {
            let (_, Import { module, name, ty }) = import?;
            let mut name = name.to_owned();
            // As a key of the object that the glue instantiates the module with.
            let key = format!(" {name}: ");
            if self.glue.matches(&key).count() == 1 {
                name = format!("_{}", self.names);
                self.names += 1;
                *self.glue = self.glue.replace(&key, &format!(" {name}: "));
            }
            section.import(module, &name, self.entity_type(ty)?);
        }
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{CodeSection, CustomSection, Function, FunctionSection, NameMap, NameSection, TypeSection};

    #[test]
    fn numbers_are_short_and_custom_sections_left_out() {
        // One type, which takes and gives nothing; its numbers are longer than they need be.
        let long = b"\0asm\x01\0\0\0\x01\x86\0\x81\0\x60\x80\0\0\0\x05\x04name";
        assert_eq!(rewrite(long, &mut String::new()).unwrap(), b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0");
    }

    #[test]
    fn what_the_glue_gives_has_a_short_name_in_both() {
        let mut imports = ImportSection::new();
        for name in ["__wbg_log_0f0f", "memory"] {
            imports.import("./glue.js", name, wasm_encoder::EntityType::Function(0));
        }
        let mut module = Module::new();
        module.section(&imports);
        let mut glue = "x = { __wbg_log_0f0f: function() {}, __wbg_log_0f0f_1: 0 }".to_owned();
        let short = rewrite(&module.finish(), &mut glue).unwrap();
        assert_eq!(short[11..], *b"\x09./glue.js\x02_0\0\0\x09./glue.js\x06memory\0\0");
        assert_eq!(glue, "x = { _0: function() {}, __wbg_log_0f0f_1: 0 }");
    }

    #[test]
    fn only_what_is_never_called_is_emptied() {
        let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        let (mut names, mut by_place) = (NameSection::new(), NameMap::new());
        types.ty().function([], []);
        for (place, name) in [(0, "tachys::into_any7rebuild"), (1, "tachys::into_any13hydrate_async")] {
            functions.function(0);
            let mut body = Function::new([]);
            body.instructions().call(0).nop().end();
            code.function(&body);
            by_place.append(place, name);
        }
        names.functions(&by_place);
        // Each function calls the first, of which the linker notes the kind, the place and the symbol.
        let notes = CustomSection { name: "reloc.CODE".into(), data: b"\x02\x02\0\x04\0\0\x0a\0".as_slice().into() };
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code).section(&notes).section(&names);
        let emptied = without_uncalled(&module.finish()).unwrap();
        let has = |bytes: &[u8]| emptied.windows(bytes.len()).any(|window| window == bytes);
        assert!(has(b"\x02\x05\0\x10\0\x01\x0b\x05\0\0\x01\x01\x0b"), "{emptied:?}");
        assert!(has(b"reloc.CODE\x02\x01\0\x04\0"), "{emptied:?}");
    }
}
