# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a header with the commit that SOURCE is at, a + when it is changed; run at each build, so that a
# program knows what it was built from. Untouched when nothing has changed.
execute_process(COMMAND git -c safe.directory=* -C ${SOURCE} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown commit")
else()
  execute_process(COMMAND git -c safe.directory=* -C ${SOURCE} status --porcelain -- src
    OUTPUT_VARIABLE changed ERROR_QUIET)
  if(changed)
    string(APPEND commit "+")
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define TAKT_COMMIT \"${commit}\"\n" @ONLY)
