import subprocess
import sys


def test_the_dashboard_process_never_loads_quixstreams_or_a_pipeline() -> None:
    code = (
        "import sys, panel_app.server;"
        "print([m for m in sys.modules if m.startswith(('quixstreams', 'streams.apps'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
