"""The sandbox: a child process with nothing to lose, in which a stored model is opened, scored and explained.

A model is somebody else's file. It is never opened in a process that holds a database connection, a credential or a
network route; the child gets open descriptors, limits and a clean environment, and its answer is checked like any
other input before it is believed.

Callers use `jobs` (score, explain), `results` (ModelRef, Explanation), `limits` (SandboxLimits) and `errors`
(SandboxRefused, SandboxFailed). This file imports nothing, because the child imports it before its walls stand.
"""
