//! The iceoryx2 side of the comparison: a publish-subscribe service between two processes, written
//! the way its own documentation recommends when speed matters.
//!
//! What "its best configuration" means here, so that a reader can object to it:
//!
//! * `ipc::Service`, the variant whose ports are not shared between threads (no mutex per call);
//! * a fixed-size payload type, so that no slice length is looked up per sample;
//! * `loan_uninit` and a write in place: no copy, and no zeroing before the write;
//! * `receive()` in a busy loop, no event, no listener, no sleeping (those are in `wake.rs`);
//! * `--release`, fat LTO, one codegen unit, `panic = "abort"` (see Cargo.toml).
//!
//! The program speaks the line protocol of benchmarks/protocol.ts: twelve arguments in, one JSON
//! line per event out, and it stays alive until its standard input is closed, so that no sender
//! takes its memory away while the receiver is still reading.

mod wake;

use iceoryx2::config::Config;
use iceoryx2::prelude::*;
use std::error::Error;
use std::io::Read;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How many words of a payload are written and read: all of a small one, a bounded part of a large
/// one, which is handed over and not traversed.
const fn touched_words(words: usize) -> usize {
    if words <= 1024 {
        words
    } else {
        16
    }
}

#[derive(Debug, Clone, Copy, ZeroCopySend)]
#[repr(C)]
struct Block<const WORDS: usize> {
    words: [u32; WORDS],
}

struct Arguments {
    role: String,
    measure: String,
    way: String,
    what: String,
    payload_bytes: usize,
    rounds: u32,
    block_rounds: u32,
    warmup: u32,
    pause: Duration,
    buffer_size: usize,
    directory: String,
}

struct Stamps {
    started_ms: f64,
    imported_ms: f64,
    first_message_ms: f64,
}

fn epoch_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |age| age.as_secs_f64() * 1e3)
}

const WRONG_ARGUMENTS: &str = "twelve arguments are needed; see benchmarks/protocol.ts";

fn parse_arguments() -> Outcome<Arguments> {
    let list: Vec<String> = std::env::args().skip(1).collect();
    let [role, measure, way, what, payload, touched, counts @ .., directory] = &list[..] else {
        return Err(WRONG_ARGUMENTS.into());
    };
    let [rounds, block, warmup, pause, buffer] = counts else {
        return Err(WRONG_ARGUMENTS.into());
    };
    let payload_bytes: usize = payload.parse()?;
    if touched.parse::<usize>()? != touched_words(payload_bytes / 4) * 4 {
        return Err("the harness and this program disagree about touchedBytes".into());
    }
    Ok(Arguments {
        role: role.clone(),
        measure: measure.clone(),
        way: way.clone(),
        what: what.clone(),
        payload_bytes,
        rounds: rounds.parse()?,
        block_rounds: block.parse()?,
        warmup: warmup.parse()?,
        pause: Duration::from_nanos(pause.parse()?),
        buffer_size: buffer.parse()?,
        directory: directory.clone(),
    })
}

/// Every file of this run lives under the run's own directory or carries its name as a prefix, so
/// that the harness can remove what a killed process left behind.
fn create_node(directory: &str) -> Outcome<Node<ipc::Service>> {
    let name = directory.rsplit('/').next().unwrap_or("floe-bench");
    let mut config = Config::default();
    config.global.set_root_path(&Path::new(directory.as_bytes())?);
    config.global.prefix = FileName::new(format!("{name}_").as_bytes())?;
    Ok(NodeBuilder::new().config(&config).create::<ipc::Service>()?)
}

type Factory<const WORDS: usize> =
    iceoryx2::service::port_factory::publish_subscribe::PortFactory<ipc::Service, Block<WORDS>, ()>;
type Sender<const WORDS: usize> =
    iceoryx2::port::publisher::Publisher<ipc::Service, Block<WORDS>, ()>;
type Receiver<const WORDS: usize> =
    iceoryx2::port::subscriber::Subscriber<ipc::Service, Block<WORDS>, ()>;

fn open<const WORDS: usize>(
    node: &Node<ipc::Service>,
    name: &str,
    buffer_size: usize,
) -> Outcome<Factory<WORDS>> {
    Ok(node
        .service_builder(&name.try_into()?)
        .publish_subscribe::<Block<WORDS>>()
        .enable_safe_overflow(true)
        .subscriber_max_buffer_size(buffer_size)
        .history_size(0)
        .max_publishers(2)
        .max_subscribers(8)
        .open_or_create()?)
}

#[inline(always)]
fn send<const WORDS: usize>(sender: &Sender<WORDS>, counter: u32) -> Outcome<()> {
    let mut sample = sender.loan_uninit()?;
    let words = sample.payload_mut().as_mut_ptr().cast::<u32>();
    for index in 0..touched_words(WORDS) {
        // SAFETY: `index` is below WORDS, and a u32 has no invalid bit pattern.
        unsafe { words.add(index).write(counter) };
    }
    // SAFETY: every word that any reader looks at has been written above.
    unsafe { sample.assume_init() }.send()?;
    Ok(())
}

/// Waits for the next sample, reads all of its touched words and returns its counter.
#[inline(always)]
fn receive<const WORDS: usize>(receiver: &Receiver<WORDS>) -> Outcome<u32> {
    loop {
        if let Some(sample) = receiver.receive()? {
            return check(&sample.payload().words[..touched_words(WORDS)]);
        }
        core::hint::spin_loop();
    }
}

#[inline(always)]
fn check(words: &[u32]) -> Outcome<u32> {
    let counter = words[0];
    let sum = words.iter().fold(0u32, |sum, word| sum.wrapping_add(*word));
    if sum != counter.wrapping_mul(words.len() as u32) {
        return Err(format!("message {counter} is torn").into());
    }
    Ok(counter)
}

fn reflect<const WORDS: usize>(node: &Node<ipc::Service>, arguments: &Arguments) -> Outcome<()> {
    let ping = open::<WORDS>(node, "ping", arguments.buffer_size)?;
    let pong = open::<WORDS>(node, "pong", arguments.buffer_size)?;
    let receiver = ping.subscriber_builder().create()?;
    let sender = pong.publisher_builder().max_loaned_samples(1).create()?;
    println!("{{\"event\":\"ready\"}}");
    for _ in 0..arguments.warmup + 2 * arguments.rounds {
        let counter = receive(&receiver)?;
        send(&sender, counter)?;
    }
    wait_for_end_of_input();
    Ok(())
}

fn initiate<const WORDS: usize>(
    node: &Node<ipc::Service>,
    arguments: &Arguments,
    stamps: Stamps,
) -> Outcome<()> {
    let ping = open::<WORDS>(node, "ping", arguments.buffer_size)?;
    let pong = open::<WORDS>(node, "pong", arguments.buffer_size)?;
    let receiver = pong.subscriber_builder().create()?;
    let sender = ping.publisher_builder().max_loaned_samples(1).create()?;
    let mut counter = 0u32;
    let mut round = || -> Outcome<()> {
        counter = counter.wrapping_add(1);
        send(&sender, counter)?;
        if receive(&receiver)? != counter {
            return Err("the echo is not the message that was sent".into());
        }
        Ok(())
    };
    time_rounds(arguments, stamps, &mut round)?;
    wait_for_end_of_input();
    Ok(())
}

/// The clock's side of a ping-pong: warms up, measures in blocks and one by one, and reports.
fn time_rounds(
    arguments: &Arguments,
    mut stamps: Stamps,
    round: &mut dyn FnMut() -> Outcome<()>,
) -> Outcome<()> {
    for index in 0..arguments.warmup {
        round()?;
        if index == 0 {
            stamps.first_message_ms = epoch_ms();
        }
    }
    let mut blocks = measure(arguments, arguments.block_rounds, round)?;
    let mut singles = measure(arguments, 1, round)?;
    print_latency(&mut blocks, &mut singles, &stamps);
    Ok(())
}

/// Busy, because who sends is awake; the other side goes to sleep meanwhile.
fn spend(pause: Duration) {
    if pause.is_zero() {
        return;
    }
    let start = Instant::now();
    while start.elapsed() < pause {
        core::hint::spin_loop();
    }
}

/// One-way times in ns: half of each round trip, averaged over blocks of `block_rounds`.
fn measure(
    arguments: &Arguments,
    block_rounds: u32,
    round: &mut dyn FnMut() -> Outcome<()>,
) -> Outcome<Vec<f64>> {
    let blocks = arguments.rounds / block_rounds;
    let mut one_way_ns = Vec::with_capacity(blocks as usize);
    for _ in 0..blocks {
        spend(arguments.pause);
        let start = Instant::now();
        for _ in 0..block_rounds {
            round()?;
        }
        one_way_ns.push(start.elapsed().as_nanos() as f64 / f64::from(block_rounds) / 2.0);
    }
    Ok(one_way_ns)
}

fn quantile(sorted: &[f64], q: f64) -> f64 {
    sorted[((sorted.len() as f64 * q) as usize).min(sorted.len() - 1)]
}

fn print_latency(blocks: &mut [f64], singles: &mut [f64], stamps: &Stamps) {
    blocks.sort_by(f64::total_cmp);
    singles.sort_by(f64::total_cmp);
    println!(
        "{{\"event\":\"result\",\"value\":{},\"p99\":{},\"startedMs\":{:.4},\"importedMs\":{:.4},\
         \"firstMessageMs\":{:.4}}}",
        quantile(blocks, 0.5),
        quantile(singles, 0.99),
        stamps.started_ms,
        stamps.imported_ms,
        stamps.first_message_ms,
    );
}

fn send_stream<const WORDS: usize>(
    node: &Node<ipc::Service>,
    arguments: &Arguments,
) -> Outcome<()> {
    let service = open::<WORDS>(node, "stream", arguments.buffer_size)?;
    let sender = service.publisher_builder().max_loaned_samples(1).create()?;
    for counter in 1..=arguments.warmup + arguments.rounds {
        send(&sender, counter)?;
    }
    wait_for_end_of_input();
    Ok(())
}

fn receive_stream<const WORDS: usize>(
    node: &Node<ipc::Service>,
    arguments: &Arguments,
) -> Outcome<()> {
    let service = open::<WORDS>(node, "stream", arguments.buffer_size)?;
    let receiver = service.subscriber_builder().create()?;
    println!("{{\"event\":\"ready\"}}");
    let last = arguments.warmup + arguments.rounds;
    let mut previous = 0u32;
    while previous < arguments.warmup {
        previous = receive_later(&receiver, previous)?;
    }
    let start = Instant::now();
    let first = previous;
    let mut received = 0u32;
    while previous < last {
        previous = receive_later(&receiver, previous)?;
        received += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{{\"event\":\"result\",\"value\":{},\"received\":{received},\"missed\":{}}}",
        f64::from(received) / seconds,
        last - first - received,
    );
    wait_for_end_of_input();
    Ok(())
}

#[inline(always)]
fn receive_later<const WORDS: usize>(receiver: &Receiver<WORDS>, previous: u32) -> Outcome<u32> {
    let counter = receive(receiver)?;
    if counter <= previous {
        return Err(format!("message {counter} came after {previous}").into());
    }
    Ok(counter)
}

fn wait_for_end_of_input() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn run<const WORDS: usize>(
    node: &Node<ipc::Service>,
    arguments: &Arguments,
    stamps: Stamps,
) -> Outcome<()> {
    match (arguments.measure.as_str(), arguments.role.as_str()) {
        ("latency", "reflector") => reflect::<WORDS>(node, arguments),
        ("latency", "initiator") => initiate::<WORDS>(node, arguments, stamps),
        ("throughput", "reflector") => receive_stream::<WORDS>(node, arguments),
        ("throughput", "initiator") => send_stream::<WORDS>(node, arguments),
        _ => Err("unknown measure or role".into()),
    }
}

fn main() -> Outcome<()> {
    // A native program has nothing to import: both stamps are the entry of main.
    let now = epoch_ms();
    let stamps = Stamps { started_ms: now, imported_ms: now, first_message_ms: 0.0 };
    set_log_level(LogLevel::Error);
    let arguments = parse_arguments()?;
    let node = create_node(&arguments.directory)?;
    if arguments.measure == "wake" {
        return wake::run(&node, &arguments, stamps);
    }
    match arguments.payload_bytes {
        64 => run::<16>(&node, &arguments, stamps),
        4_096 => run::<1_024>(&node, &arguments, stamps),
        65_536 => run::<16_384>(&node, &arguments, stamps),
        1_048_576 => run::<262_144>(&node, &arguments, stamps),
        67_108_864 => run::<16_777_216>(&node, &arguments, stamps),
        _ => Err("this payload size is not compiled in".into()),
    }
}
