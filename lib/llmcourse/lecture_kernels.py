"""JupyterLab's kernels, of which a lecture's ends when nobody has needed it for an hour, to free its memory.

A lecture is run from top to bottom and can be run again. What a lab's kernel holds is work, so that stays.
"""

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

IDLE = 60 * 60  # seconds


class LectureKernels(AsyncMappingKernelManager):
    """Kernels whose `cull_idle_timeout` counts for lectures alone, and only while no tab shows them."""

    def __init__(self, **settings):
        super().__init__(**{"cull_idle_timeout": IDLE, **settings})
        self.lectures: set[str] = set()

    async def start_kernel(self, *, path: str | None = None, **settings) -> str:
        """Start a kernel for a notebook whose path in the course, or whose folder's, is `path`."""
        kernel = await super().start_kernel(path=path, **settings)
        if "lectures" in (path or "").split("/"):
            self.lectures.add(kernel)
        return kernel

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        if kernel_id in self.lectures:
            await super().cull_kernel_if_idle(kernel_id)
