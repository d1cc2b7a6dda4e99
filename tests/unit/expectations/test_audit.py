import subprocess
import sys
from pathlib import Path

from expectations.audit import AuditReport


def test_importing_the_audit_does_not_import_great_expectations():
    code = "import sys, expectations.audit; print('great_expectations' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "False"


def test_a_report_adds_up_what_failed():
    report = AuditReport(checked=20, failed_critical=1, failed_warning=2, seconds=1.5, docs_path=Path("index.html"))
    assert report.failed == 3
    assert str(report) == "20 rules checked, 1 critical and 2 warnings failed"
