from .composition import render_report as render_report
from .composition import write_report as write_report
