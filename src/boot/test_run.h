// SPDX-License-Identifier: Apache-2.0
// Other people's tools, as judges of what we make.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace takt {

struct Finished {
  int status = -1;
  std::string output;  // stdout and stderr
};

/// Runs a command of the shell to its end.
inline Finished run(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {};
  Finished run;
  std::array<char, 4096> part;
  while (const std::size_t n = std::fread(part.data(), 1, part.size(), pipe))
    run.output.append(part.data(), n);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) run.status = WEXITSTATUS(status);
  return run;
}

}  // namespace takt
