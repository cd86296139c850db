#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one file of whole-system tests: runner.py FILE_test.py [CLASS.TEST ...]

Exit status: 0 passed, 1 failed or no test was there, 77 nothing but skipped tests
(ctest shows that as "Skipped").
"""

import importlib
import pathlib
import sys
import unittest

here = pathlib.Path(__file__).resolve().parent


def main() -> int:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.path.insert(0, str(here))
    sys.dont_write_bytecode = True
    module = importlib.import_module(pathlib.Path(sys.argv[1]).stem)
    loader = unittest.TestLoader()
    names = sys.argv[2:]
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    count = suite.countTestCases()
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    if count == 0:
        print(f"FAILED: {module.__name__} has no tests")
        return 1
    if not result.wasSuccessful():
        return 1
    return 77 if result.testsRun == 0 or len(result.skipped) >= count else 0


if __name__ == "__main__":
    sys.exit(main())
