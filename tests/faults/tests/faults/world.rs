//! Gives a process host names and name servers of its own, which takes root.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::iter;
use std::net::{Ipv4Addr, TcpListener, ToSocketAddrs, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use ekolopay_faults::{FaultServer, Step};
use simple_dns::rdata::{A, RData};
use simple_dns::{CLASS, Packet, QTYPE, RCODE, ResourceRecord, TYPE};
use tempfile::TempDir;

use crate::fault::AUTHORITY;

/// The name of the gateway there.
pub(crate) const NAME: &str = "gateway.test";

/// A gateway of that name, at this address.
pub(crate) fn gateway(address: impl ToSocketAddrs) -> FaultServer {
    FaultServer::on(TcpListener::bind(address).unwrap(), iter::repeat_with(|| vec![greeting(), Step::Serve]))
}

/// The origin of such a gateway.
pub(crate) fn origin(server: &FaultServer) -> String {
    format!("https://{NAME}:{}", server.address().port())
}

pub(crate) fn greeting() -> Step {
    Step::Tls(AUTHORITY.config(NAME))
}

/// What the name server answers.
#[derive(Clone, Copy)]
pub(crate) enum Says {
    Address(Ipv4Addr),
    Failure,
    Nothing,
}

pub(crate) struct World {
    files: TempDir,
    /// What the name server says, and how often it was asked for an IPv4 address.
    state: Arc<Mutex<(Says, usize)>>,
}

impl World {
    /// A world with these lines in `/etc/hosts`, and a name server for all other names.
    pub(crate) fn new(hosts: &str, says: Says) -> Option<World> {
        let state = Arc::new(Mutex::new((says, 0)));
        let world = World { files: tempfile::tempdir().unwrap(), state };
        // An unprivileged user must be able to reach the program.
        fs::set_permissions(world.files.path(), fs::Permissions::from_mode(0o755)).unwrap();
        if let Some(address) = serve_names(Arc::clone(&world.state)) {
            for (name, text) in [
                ("hosts", hosts),
                ("resolv.conf", &format!("nameserver {address}\noptions timeout:30 attempts:1\n")),
                ("nsswitch.conf", "hosts: files dns\n"),
            ] {
                fs::write(world.files.path().join(name), text).unwrap();
            }
            if world.command("true").output().is_ok_and(|output| output.status.success()) {
                return Some(world);
            }
        }
        left_out("only root can give a process names of its own");
        None
    }

    pub(crate) fn say(&self, says: Says) {
        self.state.lock().unwrap().0 = says;
    }

    pub(crate) fn asked(&self) -> usize {
        self.state.lock().unwrap().1
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        const BIND: &str = r#"for file in hosts resolv.conf nsswitch.conf; do mount --bind "$0/$file" "/etc/$file" || exit; done; exec "$@""#;

        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", BIND]).arg(self.files.path()).arg(program);
        command
    }

    /// The program as a user to whom a limit on processes applies.
    pub(crate) fn as_nobody(&self, program: &str) -> Command {
        let copy = self.files.path().join("program");
        fs::copy(program, &copy).unwrap();
        let mut command = self.command("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(copy);
        command
    }
}

/// Says so, also where a test that passes shows no output. With `FAULTS_ALL`, nothing may be left out.
pub(crate) fn left_out(reason: &str) {
    assert!(env::var_os("FAULTS_ALL").is_none(), "{reason}");
    let _ = writeln!(io::stderr(), "left out: {reason}");
}

/// A name server on a loopback address of its own, since programs expect it on port 53.
fn serve_names(state: Arc<Mutex<(Says, usize)>>) -> Option<Ipv4Addr> {
    let bind = |_| {
        let address = Ipv4Addr::new(127, fastrand::u8(1..), fastrand::u8(1..), fastrand::u8(1..255));
        Some((address, UdpSocket::bind((address, 53)).ok()?))
    };
    let (address, socket) = (0..100).find_map(bind)?;
    thread::spawn(move || -> io::Result<()> {
        loop {
            let mut bytes = [0; 512];
            let (length, peer) = socket.recv_from(&mut bytes)?;
            if let Some(reply) = answer(&bytes[..length], &mut state.lock().unwrap()) {
                socket.send_to(&reply, peer)?;
            }
        }
    });
    Some(address)
}

fn answer(query: &[u8], (says, asked): &mut (Says, usize)) -> Option<Vec<u8>> {
    let mut reply = Packet::parse(query).ok()?.into_reply();
    let question = reply.questions.first()?.clone();
    let ipv4 = question.qtype == QTYPE::TYPE(TYPE::A);
    *asked += usize::from(ipv4);
    match says {
        Says::Address(address) if ipv4 => {
            let data = RData::A(A::from(*address));
            reply.answers.push(ResourceRecord::new(question.qname, CLASS::IN, 3600, data));
        }
        Says::Address(_) => {}
        Says::Failure => *reply.rcode_mut() = RCODE::ServerFailure,
        Says::Nothing => return None,
    }
    reply.build_bytes_vec().ok()
}
