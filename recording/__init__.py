"""The HDF5 recording of states: writing, reading, merging and verification."""

from millpond.recording.merging import merge
from millpond.recording.reader import Recording
from millpond.recording.record import record, record_shard
from millpond.recording.verification import Verification, verify

__all__ = ["Recording", "Verification", "merge", "record", "record_shard", "verify"]
