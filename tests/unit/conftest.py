"""Settings of all unit tests."""

import hypothesis

# No time limits: a busy machine is no defect. The same examples everywhere: a red run can be run again.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True, max_examples=100)
hypothesis.settings.load_profile("suite")
