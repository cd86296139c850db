// SPDX-License-Identifier: Apache-2.0
// How a topic's file makes its rows, and the topics.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "check/host.h"
#include "check/row.h"
#include "check/target.h"

namespace takt::check {

/// Collects the rows of one topic about one host and target.
class Topic {
 public:
  Topic(std::string_view name, const Host& whose, const Target& wanted)
      : host{whose}, files{whose.files}, target{wanted}, name_{name} {}

  void add(const Item& item, Verdict verdict, std::string_view value);
  void pass(const Item& item, std::string_view value) { add(item, Verdict::pass, value); }
  void na(const Item& item, std::string_view reason) { add(item, Verdict::na, reason); }
  /// Pass when `good`, else `bad`.
  void judge(const Item& item, bool good, Verdict bad, std::string_view value) {
    add(item, good ? Verdict::pass : bad, value);
  }
  /// A file that holds a number: `good` decides. Not readable: n.a. with the reason.
  void number(const Item& item, std::string_view file,
              const std::function<bool(std::int64_t)>& good, Verdict bad = Verdict::warn);
  /// A file whose first line is one of few words.
  void word(const Item& item, std::string_view file,
            const std::function<bool(std::string_view)>& good, Verdict bad = Verdict::warn);

  [[nodiscard]] std::vector<Row> rows() && { return std::move(rows_); }

  const Host& host;
  const HostFiles& files;
  const Target& target;

 private:
  std::string_view name_;
  std::vector<Row> rows_;
};

[[nodiscard]] std::vector<Row> kernel_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> isolation_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> scheduling_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> rights_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> thread_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> interrupt_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> idle_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> memory_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> timer_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> smt_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> kvm_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> vfio_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> x86_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> kvm_x86_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> arm64_rows(const Host& host, const Target& target);
[[nodiscard]] std::vector<Row> kvm_arm64_rows(const Host& host, const Target& target);

/// Those for the host's architecture, in the order in which they are shown.
[[nodiscard]] std::vector<Row> all_rows(const Host& host, const Target& target);

/// A printable line of at most `most` characters: what a file says may be anything.
[[nodiscard]] std::string printable(std::string_view text, std::size_t most = 300);
/// "a, b, c and 4 more".
[[nodiscard]] std::string some_of(const std::vector<std::string>& names, std::size_t most = 6);

}  // namespace takt::check
