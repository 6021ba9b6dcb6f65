//! Mutations of an ONNX file for the fuzzer. Lengths of messages stay correct, so that the code under test reaches the
//! changed parts.

use libfuzzer_sys::fuzzer_mutate;

use crate::wire::{Content, Field, MessageKind, parse, put_varint, take_varint, write};

/// Integers that often cause errors, which the fuzzer writes into its input.
const INTEGERS: [i64; 12] =
    [0, 1, 2, -1, 99, 100, 101, 10_001, 1 << 22, i32::MAX as i64 + 1, u32::MAX as i64 + 1, i64::MIN];
const FLOATS: [f32; 12] =
    [0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, 1e37, f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];

/// Changes the first `size` bytes of `data`, an ONNX file, at random and returns the new size. Uses libFuzzer's own
/// mutation one time in eight, and for bytes that are not a Protocol Buffers message.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = fastrand::Rng::with_seed(seed.into());
    let parsed = data.get(..size).filter(|_| random.u8(..8) > 0).and_then(|bytes| parse(bytes, MessageKind::Model));
    let Some(mut fields) = parsed.filter(|fields| !fields.is_empty()) else {
        return fuzzer_mutate(data, size, max_size);
    };
    for _ in 0..random.usize(1..4) {
        change(&mut fields, &mut random);
    }
    let mut written = Vec::with_capacity(size);
    write(&fields, &mut written);
    match data.get_mut(..written.len()).filter(|_| written.len() <= max_size) {
        Some(room) => {
            room.copy_from_slice(&written);
            written.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
}

/// Changes a random field of a Protocol Buffers message, at any depth.
fn change(fields: &mut Vec<Field>, random: &mut fastrand::Rng) {
    if fields.is_empty() {
        return;
    }
    let (at, other) = (random.usize(..fields.len()), random.usize(..fields.len()));
    let is_message = matches!(fields[at].content, Content::Message(_));
    match random.u8(..if is_message { 40 } else { 16 }) {
        0 => drop(fields.remove(at)),
        1 => fields.insert(other, fields[at].clone()),
        2 => fields.swap(at, other),
        3 => fields[at].content = fields[other].content.clone(),
        _ => change_content(&mut fields[at].content, random),
    }
}

fn change_content(content: &mut Content, random: &mut fastrand::Rng) {
    match content {
        Content::Varint(number) => *number = integer(*number, random),
        Content::Fixed64(bytes) => *bytes = integer(u64::from_le_bytes(*bytes), random).to_le_bytes(),
        Content::Fixed32(bytes) => *bytes = float(*bytes, random),
        Content::Message(fields) => change(fields, random),
        Content::Bytes(bytes) => match random.u8(..4) {
            0 => change_floats(bytes, random),
            1 => change_integers(bytes, random),
            2 => change_length(bytes, random),
            _ => change_text(bytes, random),
        },
    }
}

fn integer(number: u64, random: &mut fastrand::Rng) -> u64 {
    match random.u8(..4) {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => number ^ 1 << random.u32(..64),
        _ => INTEGERS[random.usize(..INTEGERS.len())] as u64,
    }
}

fn float(bytes: [u8; 4], random: &mut fastrand::Rng) -> [u8; 4] {
    let number = f32::from_le_bytes(bytes);
    let changed = match random.u8(..4) {
        0 => -number,
        1 => number * 2.0,
        2 => f32::from_bits(number.to_bits() ^ 1 << random.u32(..32)),
        _ => FLOATS[random.usize(..FLOATS.len())],
    };
    changed.to_le_bytes()
}

/// Changes one number in the bytes, which are read as a packed list of four-byte numbers.
fn change_floats(bytes: &mut [u8], random: &mut fastrand::Rng) {
    let (numbers, _) = bytes.as_chunks_mut::<4>();
    if !numbers.is_empty() {
        let at = random.usize(..numbers.len());
        numbers[at] = float(numbers[at], random);
    }
}

/// Changes one number in the bytes, which are read as a packed list of varints (integers of variable length).
fn change_integers(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let (mut rest, mut numbers) = (bytes.as_slice(), Vec::new());
    while let Some(number) = take_varint(&mut rest) {
        numbers.push(number);
    }
    if numbers.is_empty() {
        return;
    }
    let (at, other) = (random.usize(..numbers.len()), random.usize(..numbers.len()));
    match random.u8(..4) {
        0 => numbers.swap(at, other),
        1 => numbers[at] = numbers[other],
        _ => numbers[at] = integer(numbers[at], random),
    }
    bytes.clear();
    numbers.into_iter().for_each(|number| put_varint(number, bytes));
}

/// Removes or repeats up to 16 bytes at the end of `bytes`.
fn change_length(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let part = random.usize(..=bytes.len().min(16));
    if random.bool() {
        bytes.truncate(bytes.len() - part);
    } else {
        bytes.extend_from_within(bytes.len() - part..);
    }
}

/// Changes the bytes with libFuzzer's own mutation, which knows the dictionary and the comparisons in the code.
fn change_text(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let size = bytes.len();
    let room = size + random.usize(1..32);
    bytes.resize(room, 0);
    let size = fuzzer_mutate(bytes, size, room);
    bytes.truncate(size);
}
