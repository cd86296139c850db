// SPDX-License-Identifier: Apache-2.0
#include "host/ftrace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "base/units.h"
#include "host/host_files.h"
#include "record/trace_text.h"

namespace takt {
namespace {

namespace fs = std::filesystem;

/// Where distributions mount tracefs, and where debugfs has had it since before.
constexpr std::array<std::string_view, 2> tracing_dirs{"sys/kernel/tracing",
                                                       "sys/kernel/debug/tracing"};
constexpr std::string_view prefix = "takt-";
constexpr std::string_view trace_clock = "mono_raw";

/// What can make a vCPU late, or tell that it was. Those that a kernel lacks are left out: on arm64
/// the local timer is an interrupt like others, and page faults are no event.
constexpr std::array<std::string_view, 12> events{"sched/sched_switch",
                                                  "sched/sched_waking",
                                                  "irq/irq_handler_entry",
                                                  "irq/irq_handler_exit",
                                                  "irq/softirq_entry",
                                                  "irq/softirq_exit",
                                                  "irq_vectors/local_timer_entry",
                                                  "irq_vectors/local_timer_exit",
                                                  "exceptions/page_fault_user",
                                                  "kvm/kvm_exit",
                                                  "kvm/kvm_entry",
                                                  "kvm/kvm_set_irq"};

std::unexpected<Error> tracing_error(std::string_view what, int number) {
  return env_error(fmt::format("tracing the host: {}: {}", what, std::strerror(number)));
}

Result<> write_file(const fs::path& file, std::string_view text) {
  const Fd fd{::open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC)};
  if (!fd || ::write(fd.raw(), text.data(), text.size()) < 0)
    return tracing_error(file.native(), errno);
  return {};
}

/// A file name out of whatever the VM is called.
std::string instance_name(std::string_view vm) {
  constexpr std::size_t most = 64;
  std::string name{vm.substr(0, most)};
  std::ranges::replace_if(
      name, [](unsigned char c) { return c <= ' ' || c == '/' || c > '~'; }, '_');
  return fmt::format("{}{}-{}", prefix, name, ::getpid());
}

/// Whether the process in an instance's name runs, and is not this one.
bool has_owner(std::string_view instance) {
  const auto pid = parse_number(instance.substr(instance.rfind('-') + 1));
  if (!pid || *pid == ::getpid()) return false;
  return ::kill(static_cast<pid_t>(*pid), 0) == 0 || errno != ESRCH;
}

/// Instances of takts that were killed. One of a process that cannot be seen from here (another PID
/// namespace) is in use, and the kernel keeps it (EBUSY).
void remove_left_overs(const fs::path& instances) {
  const HostFiles files{instances};
  const auto names = files.list("");
  if (!names) return;
  for (const std::string& name : *names)
    if (name.starts_with(prefix) && !has_owner(name)) ::rmdir((instances / name).c_str());
}

Result<fs::path> make_instance(const std::string& name, const fs::path& root) {
  for (const std::string_view dir : tracing_dirs) {
    const fs::path instances = root / dir / "instances";
    remove_left_overs(instances);
    fs::path instance = instances / instance_name(name);
    if (::mkdir(instance.c_str(), 0700) == 0) return instance;
    if (errno == EACCES || errno == EPERM)
      return env_error(fmt::format(
          "tracing the host: {}: not permitted: run takt as root, or set trace-host = \"off\"",
          instances.native()));
    if (errno != ENOENT) return tracing_error(instance.native(), errno);
  }
  return env_error(
      "tracing the host: /sys/kernel/tracing has no instances: mount it (mount -t tracefs tracefs "
      "/sys/kernel/tracing), or set trace-host = \"off\"");
}

Result<> use_clock(const fs::path& instance) {
  TRY(const std::string offered, HostFiles{instance}.line("trace_clock"));
  const auto is_it = [](std::string_view word) { return word.contains(trace_clock); };
  if (std::ranges::none_of(words_of(offered), is_it))
    return env_error(
        fmt::format("tracing the host: this kernel has no trace clock {} (it has: {}): set "
                    "trace-host = \"off\"",
                    trace_clock, offered));
  return write_file(instance / "trace_clock", trace_clock);
}

/// Tracing stands still for its life.
class Pause {
 public:
  explicit Pause(const Fd& on) : on_{on} { set('0'); }
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;
  ~Pause() { set('1'); }

 private:
  /// Fails for no reason that is not a bug of the kernel's: a pause that does not come makes a
  /// longer reading.
  void set(char value) const { (void)!::pwrite(on_.raw(), &value, 1, 0); }
  const Fd& on_;
};

/// Takes text in pieces and keeps the events of its lines.
class LineReader {
 public:
  explicit LineReader(std::uint64_t since_ns) : since_ns_{since_ns} {}

  void take(std::string_view piece) {
    for (std::size_t end = piece.find('\n'); end != piece.npos; end = piece.find('\n')) {
      line_ += piece.substr(0, end);
      end_line();
      piece.remove_prefix(end + 1);
    }
    line_ += piece;
  }
  [[nodiscard]] std::vector<HostEvent> events() {
    sort_by_time(events_);
    return std::move(events_);
  }

 private:
  void end_line() {
    auto event = parse_trace_line(line_);
    if (event && event->at_ns >= since_ns_) events_.push_back(std::move(*event));
    line_.clear();
  }

  std::uint64_t since_ns_;
  std::string line_;
  std::vector<HostEvent> events_;
};

}  // namespace

Result<std::unique_ptr<Ftrace>> Ftrace::create(const std::string& name, const fs::path& root) {
  TRY(fs::path instance, make_instance(name, root));
  auto ftrace = create_in(instance);
  if (!ftrace) ::rmdir(instance.c_str());
  return ftrace;
}

Result<std::unique_ptr<Ftrace>> Ftrace::create_in(fs::path instance) {
  const fs::path file = instance / "tracing_on";
  Fd on{::open(file.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!on) return tracing_error(file.native(), errno);
  std::unique_ptr<Ftrace> ftrace{new Ftrace{std::move(instance), std::move(on)}};
  TRY_VOID(ftrace->start());
  return ftrace;
}

/// The rings keep the size that the kernel gives them (1.4 MiB for each CPU): to change it, a
/// worker of the kernel's has to run on every CPU, and takt would wait for ever for one that a
/// real-time vCPU never leaves (ring_buffer_resize() in kernel/trace/ring_buffer.c).
Result<> Ftrace::start() {
  const Pause pause{on_};
  TRY_VOID(use_clock(instance_));
  for (const std::string_view event : events) {
    const fs::path enable = instance_ / "events" / event / "enable";
    std::error_code missing;
    if (fs::exists(enable, missing)) TRY_VOID(write_file(enable, "1"));
  }
  return {};
}

Ftrace::~Ftrace() {
  on_ = {};
  ::rmdir(instance_.c_str());
}

Result<std::vector<HostEvent>> Ftrace::read(std::uint64_t since_ns) const {
  const PiLock one_at_a_time{reading_};
  const Pause pause{on_};
  TRY(const Fd trace, open_file((instance_ / "trace").native(), O_RDONLY));
  LineReader reader{since_ns};
  std::vector<char> piece(64_KiB);
  while (true) {
    const ssize_t got = ::read(trace.raw(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tracing_error((instance_ / "trace").native(), errno);
    if (got == 0) return reader.events();
    reader.take({piece.data(), static_cast<std::size_t>(got)});
  }
}

}  // namespace takt
