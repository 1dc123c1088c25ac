//! The measure `wake`: both sides sleep until they are told, then answer.
//!
//! What "its best configuration" means here:
//!
//! * an event service for each direction, so that nobody is woken by a notification of its own;
//! * room for 8 listeners and for the 8 ids in use: a notification walks through all the room there
//!   is for listeners, and a listener through all the ids there could be;
//! * blocking, `blocking_wait` on the listener; in the event loop, a `WaitSet` (epoll) with the
//!   listener attached and `try_wait` when it is ready, without the handling of signals;
//! * `publish-subscribe` is what its users do to await samples: send, then notify; the receiver
//!   waits for the event, then receives.

use super::*;
use iceoryx2::port::listener::Listener;
use iceoryx2::port::notifier::Notifier;

const MESSAGE_WORDS: usize = 16;
const LISTENERS_MAX: usize = 8;
/// As protocol.ts has it: event n carries the id n modulo 8.
const EVENT_IDS: u32 = 8;

/// Sleeps until there are notifications, and returns the id of the last one, if any came.
type Sleep<'a> = dyn FnMut() -> Outcome<Option<EventId>> + 'a;

struct Outgoing {
    notifier: Notifier<ipc::Service>,
    publisher: Option<Sender<MESSAGE_WORDS>>,
}

struct Incoming {
    listener: Listener<ipc::Service>,
    subscriber: Option<Receiver<MESSAGE_WORDS>>,
}

type EventFactory = iceoryx2::service::port_factory::event::PortFactory<ipc::Service>;

fn open_event(node: &Node<ipc::Service>, name: &str) -> Outcome<EventFactory> {
    Ok(node
        .service_builder(&name.try_into()?)
        .event()
        .max_notifiers(2)
        .max_listeners(LISTENERS_MAX)
        .event_id_max_value(EVENT_IDS as usize - 1)
        .open_or_create()?)
}

fn event_id(counter: u32) -> EventId {
    EventId::new((counter % EVENT_IDS) as usize)
}

impl Outgoing {
    fn open(node: &Node<ipc::Service>, name: &str, arguments: &Arguments) -> Outcome<Self> {
        let publisher = if arguments.what == "event" {
            None
        } else {
            let service = open::<MESSAGE_WORDS>(node, name, arguments.buffer_size)?;
            Some(service.publisher_builder().max_loaned_samples(1).create()?)
        };
        Ok(Self { notifier: open_event(node, name)?.notifier_builder().create()?, publisher })
    }

    fn send(&self, counter: u32) -> Outcome<()> {
        if let Some(publisher) = &self.publisher {
            send(publisher, counter)?;
        }
        self.notifier.notify_with_custom_event_id(event_id(counter))?;
        Ok(())
    }
}

impl Incoming {
    fn open(node: &Node<ipc::Service>, name: &str, arguments: &Arguments) -> Outcome<Self> {
        let subscriber = if arguments.what == "event" {
            None
        } else {
            let service = open::<MESSAGE_WORDS>(node, name, arguments.buffer_size)?;
            Some(service.subscriber_builder().create()?)
        };
        Ok(Self { listener: open_event(node, name)?.listener_builder().create()?, subscriber })
    }

    /// Sleeps until the message with this number is there; of an event, until its id is.
    fn receive(&self, counter: u32, sleep: &mut Sleep) -> Outcome<()> {
        let id = loop {
            if let Some(id) = sleep()? {
                break id;
            }
        };
        if id != event_id(counter) {
            return Err(format!("not the event of message {counter}").into());
        }
        if let Some(subscriber) = &self.subscriber {
            let sample = subscriber.receive()?.ok_or("an event without its message")?;
            if check(&sample.payload().words)? != counter {
                return Err(format!("not message {counter}").into());
            }
        }
        Ok(())
    }
}

fn exchange(
    arguments: &Arguments,
    stamps: Stamps,
    outgoing: &Outgoing,
    incoming: &Incoming,
    sleep: &mut Sleep,
) -> Outcome<()> {
    if arguments.role == "reflector" {
        println!("{{\"event\":\"ready\"}}");
        for counter in 1..=arguments.warmup + 2 * arguments.rounds {
            incoming.receive(counter, sleep)?;
            outgoing.send(counter)?;
        }
        return Ok(());
    }
    let mut counter = 0u32;
    time_rounds(arguments, stamps, &mut || {
        counter += 1;
        outgoing.send(counter)?;
        incoming.receive(counter, sleep)
    })
}

pub fn run(node: &Node<ipc::Service>, arguments: &Arguments, stamps: Stamps) -> Outcome<()> {
    let (out_name, in_name) =
        if arguments.role == "reflector" { ("pong", "ping") } else { ("ping", "pong") };
    let incoming = Incoming::open(node, in_name, arguments)?;
    let outgoing = Outgoing::open(node, out_name, arguments)?;
    let listener = &incoming.listener;
    if arguments.way == "blocking" {
        exchange(arguments, stamps, &outgoing, &incoming, &mut || {
            let mut last = None;
            listener.blocking_wait(|event| last = Some(event.id))?;
            Ok(last)
        })?;
    } else {
        let waitset = WaitSetBuilder::new()
            .signal_handling_mode(SignalHandlingMode::Disabled)
            .create::<ipc::Service>()?;
        let attachment = waitset.attach_notification(listener)?;
        exchange(arguments, stamps, &outgoing, &incoming, &mut || {
            let mut last = None;
            waitset.wait_and_process_once(|ready| {
                if ready.has_event_from(&attachment) {
                    let _ = listener.try_wait(|event| last = Some(event.id));
                }
                CallbackProgression::Continue
            })?;
            Ok(last)
        })?;
    }
    wait_for_end_of_input();
    Ok(())
}
